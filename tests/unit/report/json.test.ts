import { describe, expect, it } from 'vitest';
import { findTooDeep, readJson } from '../../../src/report/json.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('findTooDeep()', () => {
  it.each([
    [2, null],
    [3, null],
    [4, 3],
  ])('finds in %d arrays with three allowed: %s', (depth, index) => {
    expect(findTooDeep(nested(depth), 3)).toBe(index);
  });

  it('does not count brackets inside texts', () => {
    expect(findTooDeep('["[[[\\"[[["]', 1)).toBeNull();
  });

  it('reads a bomb of a million brackets without recursion', () => {
    expect(findTooDeep('['.repeat(1_000_000), 100)).toBe(100);
  });
});

describe('readJson()', () => {
  it('names line and column of what is no JSON', () => {
    expect(readJson('{\n "a": x\n}', 9)).toEqual({ kind: 'bad', reason: 'not JSON', line: 2, column: 7 });
  });

  it('refuses a key __proto__, however it is written', () => {
    const written = ['{"a":[{"__proto__":{"x":1}}]}', '{"a":[{"\\u005f_proto__":{"x":1}}]}'];

    expect(written.map((text) => readJson(text, 9).kind)).toEqual(['bad', 'bad']);
  });

  it('takes the word __proto__ as a value', () => {
    expect(readJson('{"a":"__proto__"}', 9)).toEqual({ kind: 'ok', value: { a: '__proto__' } });
  });
});
