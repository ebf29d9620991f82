import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REFUSED, SPECIAL, VIOLATIONS } from '../../../../src/sandbox/walls/syscalls.ts';

const HEADERS = {
  x64: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
  arm64: '/usr/include/asm-generic/unistd.h',
} as const;
const TABLES = { ...VIOLATIONS, ...REFUSED, ...SPECIAL };

function readNumbers(file: string): ReadonlyMap<string, number> {
  const lines = readFileSync(file, 'utf8').matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)$/gm);
  return new Map([...lines].map(([, name = '', number]) => [name, Number(number)]));
}

describe('syscall numbers', () => {
  it.each(['x64', 'arm64'] as const)('of %s name each call once', (arch) => {
    const numbers = Object.values(TABLES).map((call) => call[arch]);
    const known = numbers.filter((number) => number !== null);

    expect(new Set(known).size).toBe(known.length);
    expect(Object.keys(VIOLATIONS).filter((name) => name in REFUSED || name in SPECIAL)).toEqual([]);
  });

  it.each(['x64', 'arm64'] as const)('of %s are those of the kernel headers, where these are installed', (arch) => {
    if (!existsSync(HEADERS[arch])) return;
    const numbers = readNumbers(HEADERS[arch]);

    for (const [name, call] of Object.entries(TABLES))
      expect([name, call[arch]]).toEqual([name, numbers.get(name) ?? null]);
  });
});
