import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/delivery/backoff.ts';

const config = { first: 5_000, max: 900_000 };
const middle = () => 0.5;

describe('backoffMs()', () => {
  it.each([
    [1, 5_000],
    [2, 10_000],
    [8, 640_000],
    [9, 900_000],
    [5_000, 900_000],
  ])('after failure %i waits %i ms before the spread', (failures, ms) => {
    expect(backoffMs(config, failures, middle)).toBe(ms);
  });

  it('spreads from half to one and a half', () => {
    expect(backoffMs(config, 1, () => 0)).toBe(2_500);
    expect(backoffMs(config, 1, () => 0.999_999)).toBe(7_500);
  });

  it('counts less than one failure as one', () => {
    expect(backoffMs(config, 0, middle)).toBe(5_000);
  });

  it('waits at least a millisecond', () => {
    expect(backoffMs({ first: 0, max: 0 }, 1, middle)).toBe(1);
  });
});
