// A destination's state between the uploader, which counts in monotonic time, and the database, which keeps wall clock. Pure.

import type { DestinationState } from '../store/types.ts';
import { LARGEST_SPREAD } from './backoff.ts';
import { type PolicyState, type RetryConfig, UP } from './destination-policy.ts';

/** Both clocks at one moment. */
export type Now = { readonly nowMs: number; readonly nowUnixMs: number };

/**
 * What is written to the database.
 *
 * @param name - Of the destination.
 */
export function toDestinationState(name: string, state: PolicyState, { nowMs, nowUnixMs }: Now): DestinationState {
  const { reason, message, sinceUnixMs, failures, dueMs } = state;
  const dueUnixMs = dueMs === null ? null : Math.round(nowUnixMs + dueMs - nowMs);
  return { name, state: state.state, reason, message, sinceUnixMs, dueUnixMs, failures };
}

/**
 * What the uploader starts with.
 *
 * A held destination is probed at once: people restart after they have mended it. A waiting one rests for what is left, at
 * most its largest wait: the wall clock may have jumped while the program was down.
 *
 * @param row - As stored, or undefined for a destination that never failed.
 * @param retry - `maxRetryAfter` in milliseconds.
 */
export function toPolicyState(
  row: DestinationState | undefined,
  retry: RetryConfig & { readonly maxRetryAfter: number },
  { nowMs, nowUnixMs }: Now,
): PolicyState {
  if (row === undefined || row.state === 'up') return UP;
  const { state, reason, message, sinceUnixMs, failures } = row;
  const largestMs = Math.max(retry.max * LARGEST_SPREAD, retry.maxRetryAfter);
  const leftMs = state === 'held' ? 0 : Math.min(Math.max((row.dueUnixMs ?? 0) - nowUnixMs, 0), largestMs);
  return { ...UP, state, reason, message, sinceUnixMs, failures, dueMs: nowMs + leftMs };
}
