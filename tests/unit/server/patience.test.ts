import { describe, expect, it } from 'vitest';
import { countDenial, countGrant, type Denial, type Patience, UNTRIED } from '../../../src/server/patience.ts';

const denial: Denial = { bucket: 'calls', retryAfterMs: 100_000, tokenMs: 600, unread: 32 };

/** Deny so many calls; answers what the last one is told. */
function deny(count: number, { stepMs = 0, told = denial, from = UNTRIED } = {}) {
  const waits: number[] = [];
  let patience: Patience = from;
  let isOver = false;
  for (let index = 0; index < count; index += 1) {
    const counted = countDenial(patience, told, index * stepMs);
    ({ patience, isOver } = counted);
    waits.push(counted.retryAfterMs);
  }
  return { patience, isOver, waits };
}

describe('countDenial()', () => {
  it.each([
    ['49 denials at once', 49, 0, false],
    ['50 denials at once', 50, 0, true],
    ['50 denials over 9,999 ms', 50, 9_999 / 49, true],
    ['50 denials over 10 s', 50, 10_000 / 49, false],
  ])('after %s', (_title, count, stepMs, expected) => {
    expect(deny(count, { stepMs }).isOver).toBe(expected);
  });

  it.each([
    [48, 49, false],
    [49, 50, true],
    [100, 100, false],
    [100, 101, true],
  ])('of a peer with %i calls in flight puts up with denial %i at once: %s', (unread, count, expected) => {
    expect(deny(count, { told: { ...denial, unread } }).isOver).toBe(expected);
  });

  it('tells each of those who wait a time of its own, one token after the other', () => {
    expect(deny(4, { told: { ...denial, retryAfterMs: 450 } }).waits).toEqual([450, 1050, 1650, 2250]);
  });

  it.each([
    [63, 600 * 63],
    [64, 600 * 64],
    [65, 600 * 64],
    [66, 600 * 64],
  ])('tells call %i to wait for %i ms: there is an end to it', (count, waitMs) => {
    expect(deny(count, { told: { ...denial, retryAfterMs: 600 } }).waits.at(-1)).toBe(waitMs);
  });

  it.each([
    [599, 2],
    [600, 1],
    [601, 1],
  ])('at %i ms after one that was told 600 has counted %i', (atMs, ignored) => {
    const { patience } = countDenial(UNTRIED, { ...denial, retryAfterMs: 600 }, 0);

    expect(countDenial(patience, denial, atMs).patience.ignored.length).toBe(ignored);
  });

  it('keeps the times of one class apart from those of the other', () => {
    const { patience } = countDenial(UNTRIED, { ...denial, retryAfterMs: 600 }, 0);

    expect(countDenial(patience, { ...denial, bucket: 'submit', retryAfterMs: 10 }, 0).retryAfterMs).toBe(10);
  });
});

describe('countGrant()', () => {
  it.each([
    [599, 1, 1],
    [600, 0, 0],
  ])('at %i ms leaves %i counted and %i waiting of one that was told 600', (atMs, ignored, waiting) => {
    const { patience } = countDenial(UNTRIED, { ...denial, retryAfterMs: 600 }, 0);

    const after = countGrant(patience, 'calls', atMs);

    expect([after.ignored.length, after.turns['calls']?.length]).toEqual([ignored, waiting]);
  });
});
