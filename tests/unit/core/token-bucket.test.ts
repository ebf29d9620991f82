import { describe, expect, it } from 'vitest';
import { AirlockError } from '../../../src/core/errors.ts';
import { type BucketState, makeBucket, takeTokens } from '../../../src/core/token-bucket.ts';

const limits = { capacity: 5, refillPerSecond: 0.5 };

/** Take one token `count` times at `nowMs`; the kinds of the outcomes and the state after them. */
function takeMany(start: BucketState, nowMs: number, count: number) {
  let state = start;
  const kinds = Array.from({ length: count }, () => {
    const outcome = takeTokens(state, nowMs);
    state = outcome.state;
    return outcome.kind;
  });
  return { kinds, state };
}

describe('takeTokens()', () => {
  it('grants as many as the bucket holds, and denies the next', () => {
    const { kinds } = takeMany(makeBucket(limits, 0), 0, 6);

    expect(kinds).toEqual(['granted', 'granted', 'granted', 'granted', 'granted', 'denied']);
  });

  it('says how long one token takes, rounded up and at least 1 ms', () => {
    const { state } = takeMany(makeBucket(limits, 0), 0, 5);

    expect(takeTokens(state, 0)).toMatchObject({ kind: 'denied', retryAfterMs: 2000 });
    expect(takeTokens(state, 1999.9)).toMatchObject({ kind: 'denied', retryAfterMs: 1 });
    expect(takeTokens(state, 2000)).toMatchObject({ kind: 'granted' });
  });

  it('never holds more than its capacity', () => {
    const { kinds } = takeMany(makeBucket(limits, 0), 3_600_000, 6);

    expect(kinds.at(-1)).toBe('denied');
  });

  it('counts an earlier time as no time passed', () => {
    const { state } = takeMany(makeBucket(limits, 10_000), 10_000, 5);

    const outcome = takeTokens(state, 0);

    expect(outcome).toMatchObject({ kind: 'denied', state: { atMs: 10_000 } });
  });

  it('grants a cost of the whole capacity, and refuses a cost above it for ever', () => {
    const bucket = makeBucket(limits, 0);

    expect(takeTokens(bucket, 0, 5)).toMatchObject({ kind: 'granted', state: { tokens: 0 } });
    expect(() => takeTokens(bucket, 0, 6)).toThrow(AirlockError);
    expect(() => takeTokens(bucket, 0, 6)).toThrow('Cannot take 6 tokens: the bucket holds at most 5 tokens');
  });

  it('leaves the state it was given alone', () => {
    const bucket = Object.freeze(makeBucket(limits, 0));

    takeTokens(bucket, 0);

    expect(bucket.tokens).toBe(5);
  });
});
