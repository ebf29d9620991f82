// May a destination start another upload now, and which one? Pure.

import type { PolicyState } from './destination-policy.ts';

/** Claim the next due delivery, claim one as the single probe, or sleep (null = until something changes). */
export type ClaimPlan =
  | { readonly kind: 'claim' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'sleep'; readonly ms: number | null };

/** What is going on. */
export type Load = {
  readonly running: number;
  /** Is one of them the probe? */
  readonly isProbing: boolean;
  /** Uploads at once as configured. */
  readonly concurrent: number;
  /** Monotonic, milliseconds. */
  readonly nowMs: number;
};

/**
 * Decide what the destination's loop does next. Pure.
 *
 * @param state - Of the destination.
 */
export function planClaim(state: PolicyState, { running, isProbing, concurrent, nowMs }: Load): ClaimPlan {
  if (state.state === 'up') {
    const allowed = Math.min(concurrent, state.ramp ?? concurrent);
    return running < allowed ? { kind: 'claim' } : { kind: 'sleep', ms: null };
  }
  if (isProbing) return { kind: 'sleep', ms: null };
  const restMs = (state.dueMs ?? 0) - nowMs;
  return restMs > 0 ? { kind: 'sleep', ms: restMs } : { kind: 'probe' };
}
