import { describe, expect, it } from 'vitest';
import { findClosest } from '../../../src/gate/closest.ts';

describe('findClosest()', () => {
  it.each([
    ['helpr.ts', 'helper.ts'],
    ['HELPER.TS', 'helper.ts'],
    ['rows', 'row'],
    ['abc', null],
    ['x'.repeat(101), null],
  ])('for %j is %j', (wanted, closest) => {
    expect(findClosest(wanted, ['helper.ts', 'row', 'zzzzzz'])).toBe(closest);
  });
});
