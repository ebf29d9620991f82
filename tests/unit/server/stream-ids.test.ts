import { describe, expect, it } from 'vitest';
import { makeUsedIds } from '../../../src/server/stream-ids.ts';

describe('used stream numbers', () => {
  it.each([
    [1, true],
    [2, false],
    [0, false],
    [-1, false],
    [1.5, false],
    [4_294_967_295, true],
    [4_294_967_297, false],
  ])('take %d: %s', (id, isTaken) => {
    expect(makeUsedIds().use(id)).toBe(isTaken);
  });

  it('take none twice, in whatever order they come', () => {
    const used = makeUsedIds();

    const first = [5, 1, 3, 9].map(used.use);
    const second = [5, 1, 3, 9].map(used.use);

    expect(first).toEqual([true, true, true, true]);
    expect(second).toEqual([false, false, false, false]);
    expect([used.has(7), used.has(9), used.use(7), used.has(7)]).toEqual([false, true, true, true]);
  });

  it.each([
    [4095, true],
    [4096, false],
  ])('with %i numbers above a gap take one more: %s', (count, isTaken) => {
    const used = makeUsedIds();
    for (let index = 1; index <= count; index += 1) used.use(index * 2 + 1);

    expect(used.use(count * 2 + 101)).toBe(isTaken);
    expect(used.use(1)).toBe(true);
    expect(used.use(count * 2 + 201)).toBe(true);
  });
});
