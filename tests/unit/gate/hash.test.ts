import { describe, expect, it } from 'vitest';
import { hashConverter } from '../../../src/gate/hash.ts';

function hash(files: Readonly<Record<string, string>>): string {
  return hashConverter(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])));
}

describe('hashConverter()', () => {
  it('does not depend on the order of files', () => {
    expect(hash({ a: '1', b: '2' })).toBe(hash({ b: '2', a: '1' }));
  });

  it.each([
    [{ a: '1' }, { a: '2' }],
    [{ a: '1' }, { b: '1' }],
    [
      { a: '12', b: '' },
      { a: '1', b: '2' },
    ],
    [
      { a: '1', b: '2' },
      { a: '1', c: '2' },
    ],
    [{ a: '' }, {}],
    [{ a: '1:b:1:2' }, { a: '', b: '2' }],
  ])('tells %j from %j', (left, right) => {
    expect(hash(left)).not.toBe(hash(right));
  });

  it('stays what was approved', () => {
    expect(hash({ 'converter.json': '{}', 'converter.ts': 'x' })).toMatchInlineSnapshot(
      `"161b09fd201a35cd4675f54b48c72e7ba4f91fb1bec886123ef8d3c63cdfbed2"`,
    );
  });
});
