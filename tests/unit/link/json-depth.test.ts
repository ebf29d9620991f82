import { describe, expect, it } from 'vitest';
import { isDeeperThan } from '../../../src/link/json-depth.ts';

const isDeeper = (text: string, depth: number): boolean => isDeeperThan(Buffer.from(text), depth);

describe('isDeeperThan()', () => {
  it.each([
    ['{}', 1, false],
    ['{"a":[]}', 1, true],
    ['{"a":[]}', 2, false],
    ['{"a":[{}]}', 2, true],
    ['{"a":[],"b":[],"c":{}}', 2, false],
  ])('says of %s against %i: %s', (text, depth, expected) => {
    expect(isDeeper(text, depth)).toBe(expected);
  });

  it.each([
    ['brackets inside a string', '{"a":"[[[[{{{{"}'],
    ['an escaped quote before brackets', String.raw`{"a":"\"[[[["}`],
    ['escaped backslashes before the end of a string', String.raw`{"a":"\\\\","b":"[[["}`],
    ['a string that never ends', '{"a":"[[[['],
  ])('does not count %s', (_, text) => {
    expect(isDeeper(text, 1)).toBe(false);
  });

  it('counts brackets after a string that ends with an escaped backslash', () => {
    expect(isDeeper(String.raw`{"a":"\\","b":[[]]}`, 2)).toBe(true);
  });

  it('reads a string of escaped quotes in linear time', () => {
    const body = Buffer.from(`{"a":"${'\\"'.repeat(500_000)}"}`);
    const backslashes = Buffer.from(`{"a":"${'\\\\'.repeat(500_000)}"}`);

    expect([isDeeperThan(body, 1), isDeeperThan(backslashes, 1)]).toEqual([false, false]);
  });
});
