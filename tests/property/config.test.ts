import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/resolve-config.ts';
import { hasError } from '../../src/core/findings.ts';

const KEYS = ['queue', 'maxItems', 'daemon', 'drain', 'destinations', 'w', 'type', 'url', 'token', 'secret', 'version'];
const TEXTS = ['wats', 'directory', '30 s', '64 MiB', '${env:X}', '~/a', 'https://u:p@x', '__proto__', 'auto'];

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 0, -1, 1.5, 1e300, ...TEXTS),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS, '__proto__', 'constructor'), tie('value'), { maxKeys: 4 }),
  ),
})).value;

const mutated = fc
  .tuple(json, fc.nat(), fc.constantFrom('', '{', '}', '[', ']', '"', ',', ':', '/*', '//', '\\', '\uD800', '\u0000'))
  .map(([value, at, piece]) => {
    const text = JSON.stringify(value);
    const index = at % (text.length + 1);
    return text.slice(0, index) + piece + text.slice(index + 1);
  });

function resolve(bytes: Uint8Array, env: Record<string, string> = {}, commandLine: readonly string[] = []) {
  return resolveConfig({ file: { path: 'c', bytes }, env, commandLine, hostname: 'h' });
}

function expectConsistent(resolved: ReturnType<typeof resolve>): void {
  expect(resolved.config === null).toBe(hasError(resolved.findings));
  for (const { line, column } of resolved.findings) {
    expect(line === null || (line >= 1 && column !== null && column >= 1)).toBe(true);
  }
}

describe('resolveConfig()', () => {
  test('answers any text with findings and never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expectConsistent(resolve(Buffer.from(text)))));
  });

  test('answers any bytes with findings and never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectConsistent(resolve(bytes))));
  });

  test('answers any JSON and any damaged JSON with findings and never throws', () => {
    fc.assert(
      fc.property(mutated, (text) => expectConsistent(resolve(Buffer.from(text)))),
      { numRuns: 500 },
    );
  });

  test('answers any variable and any --set with findings and never throws', () => {
    const name = fc.array(fc.constantFrom('QUEUE', 'DESTINATIONS', 'MAX_ITEMS', 'W', '', '__PROTO__'), {
      maxLength: 4,
    });
    const value = fc.oneof(fc.string(), mutated);
    fc.assert(
      fc.property(name, value, fc.string(), (parts, text, set) => {
        const path = parts.join('__');
        expectConsistent(resolve(Buffer.from('{}'), { [`AIRLOCK_${path}`]: text }, [set, `queue.${set}=${text}`]));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['brackets', '['.repeat(500_000)],
    ['braces', '{"a":'.repeat(100_000)],
    ['brackets behind closing ones in a text', `{"a":"${']'.repeat(1000)}","b":${'['.repeat(300_000)}`],
  ])('answers deep %s with a finding', (_name, text) => {
    expectConsistent(resolve(Buffer.from(text)));
  });
});
