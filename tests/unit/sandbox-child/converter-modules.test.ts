import { describe, expect, it } from 'vitest';
import { resolveSpecifier } from '../../../src/sandbox-child/converter-modules.ts';

describe('resolveSpecifier()', () => {
  it.each([
    ['./a.ts', 'converter.ts', 'a.ts'],
    ['./lib/a.ts', 'converter.ts', 'lib/a.ts'],
    ['../a.ts', 'lib/b.ts', 'a.ts'],
    ['.././lib/../a.ts', 'lib/b.ts', 'a.ts'],
    ['.//a.ts', 'converter.ts', 'a.ts'],
    ['./lib//a.ts', 'converter.ts', 'lib/a.ts'],
    ['../a.ts', 'converter.ts', null],
    ['../../a.ts', 'lib/b.ts', null],
    ['a.ts', 'converter.ts', null],
    ['/a.ts', 'converter.ts', null],
    ['node:fs', 'converter.ts', null],
    ['#a', 'converter.ts', null],
    ['', 'converter.ts', null],
  ])('reads %j in %j as %j', (specifier, from, expected) => {
    expect(resolveSpecifier(specifier, from)).toBe(expected);
  });
});
