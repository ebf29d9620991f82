// A token bucket as pure arithmetic: what may happen now, and what has to wait how long.

import { AirlockError } from './errors.ts';

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

/** Tokens that two ways of adding the same times may differ by: far below what any limit refills in a millisecond. */
const ROUNDING = 1e-9;

function refill(state: BucketState, nowMs: number): BucketState {
  const atMs = Math.max(nowMs, state.atMs);
  const refilled = state.tokens + ((atMs - state.atMs) * state.refillPerSecond) / 1000;
  return { ...state, atMs, tokens: Math.min(state.capacity, refilled) };
}

/**
 * Spend tokens for what has happened already. They may go below zero.
 *
 * @param state - Bucket as returned by the previous call.
 * @param nowMs - Monotonic clock, milliseconds.
 * @param cost - Tokens, > 0.
 */
export function spendTokens(state: BucketState, nowMs: number, cost: number): BucketState {
  const now = refill(state, nowMs);
  return { ...now, tokens: now.tokens - cost };
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
  const now = refill(state, nowMs);
  const missing = cost - now.tokens;
  if (missing <= ROUNDING) return { kind: 'granted', state: { ...now, tokens: Math.max(0, now.tokens - cost) } };
  // Order: the rounding first, so that who comes exactly then is granted.
  const retryAfterMs = Math.max(1, Math.ceil(((missing - ROUNDING) * 1000) / state.refillPerSecond));
  return { kind: 'denied', state: now, retryAfterMs };
}
