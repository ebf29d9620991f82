import { describe, expect, it } from 'vitest';
import { measureJson, readJson } from '../../../src/report/json.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const LIMITS = { depth: 9, containers: 100 };

describe('measureJson()', () => {
  it.each([
    [2, { kind: 'within', containers: 2 }],
    [3, { kind: 'within', containers: 3 }],
    [4, { kind: 'beyond', limit: 'depth', index: 3 }],
  ])('measures %d arrays inside each other with three allowed', (depth, measure) => {
    expect(measureJson(nested(depth), { depth: 3, containers: 9 })).toEqual(measure);
  });

  it.each([
    [1, { kind: 'within', containers: 2 }],
    [2, { kind: 'within', containers: 3 }],
    [3, { kind: 'beyond', limit: 'containers', index: 7 }],
  ])('measures %d objects in a list with three containers allowed', (count, measure) => {
    const text = JSON.stringify(Array.from({ length: count }, () => ({})));

    expect(measureJson(text, { depth: 9, containers: 3 })).toEqual(measure);
  });

  it('does not count brackets inside texts', () => {
    expect(measureJson('["[[[\\"[[["]', { depth: 1, containers: 1 })).toEqual({ kind: 'within', containers: 1 });
  });

  it('reads a bomb of a million brackets without recursion', () => {
    expect(measureJson('['.repeat(1_000_000), LIMITS)).toEqual({ kind: 'beyond', limit: 'depth', index: 9 });
  });
});

describe('readJson()', () => {
  it('names line and column of what is no JSON', () => {
    expect(readJson('{\n "a": x\n}', LIMITS)).toEqual({ kind: 'bad', reason: 'not JSON', line: 2, column: 7 });
  });

  it('refuses a key __proto__, however it is written', () => {
    const written = ['{"a":[{"__proto__":{"x":1}}]}', '{"a":[{"\\u005f_proto__":{"x":1}}]}'];

    expect(written.map((text) => readJson(text, LIMITS).kind)).toEqual(['bad', 'bad']);
  });

  it('takes the word __proto__ as a value', () => {
    expect(readJson('{"a":"__proto__"}', LIMITS)).toEqual({ kind: 'ok', value: { a: '__proto__' }, containers: 1 });
  });
});
