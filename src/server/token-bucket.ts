// A token bucket as pure arithmetic: what may happen now, and what has to wait how long.

import { AirlockError } from '../core/errors.ts';

/** Size and speed of a bucket. */
export type BucketLimits = { readonly capacity: number; readonly refillPerSecond: number };

/** A bucket at one moment of the monotonic clock. */
export type BucketState = BucketLimits & { readonly tokens: number; readonly atMs: number };

/** Whether the tokens were there. */
export type TakeOutcome =
  | { readonly kind: 'granted'; readonly state: BucketState }
  | { readonly kind: 'denied'; readonly state: BucketState; readonly retryAfterMs: number };

/**
 * A full bucket.
 *
 * @param limits - Both > 0.
 * @param nowMs - Monotonic clock, milliseconds.
 */
export function makeBucket(limits: BucketLimits, nowMs: number): BucketState {
  return { ...limits, tokens: limits.capacity, atMs: nowMs };
}

/**
 * Take tokens for one request, or say how long to wait.
 *
 * Pure: the caller keeps the state. Time never runs backwards here; an earlier `nowMs` counts as no time passed.
 *
 * @param state - Bucket as returned by the previous call.
 * @param nowMs - Monotonic clock, milliseconds.
 * @param cost - Tokens wanted; 0 < cost ≤ `state.capacity`.
 * @returns `granted` with the new state, or `denied` with `retryAfterMs` (≥ 1, rounded up).
 * @throws {AirlockError} invalid_params if `cost` exceeds the capacity (it could never be granted).
 * Source: protocol.md 5.
 */
export function takeTokens(state: BucketState, nowMs: number, cost = 1): TakeOutcome {
  if (cost > state.capacity) {
    throw new AirlockError(
      'invalid_params',
      `Cannot take ${cost} tokens: the bucket holds at most ${state.capacity} tokens`,
      { data: { limit: state.capacity } },
    );
  }
  const atMs = Math.max(nowMs, state.atMs);
  const refilled = state.tokens + ((atMs - state.atMs) * state.refillPerSecond) / 1000;
  const tokens = Math.min(state.capacity, refilled);
  if (tokens >= cost) return { kind: 'granted', state: { ...state, atMs, tokens: tokens - cost } };
  const retryAfterMs = Math.max(1, Math.ceil(((cost - tokens) * 1000) / state.refillPerSecond));
  return { kind: 'denied', state: { ...state, atMs, tokens }, retryAfterMs };
}
