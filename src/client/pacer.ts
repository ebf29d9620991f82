// Holds calls back that the server would turn away: its buckets as this side sees them. Source: protocol.md 5.

import type { Clock } from '../core/clock.ts';
import { type BucketState, makeBucket, spendTokens } from '../core/token-bucket.ts';
import type { AuthenticateResult } from '../protocol/handshake.ts';
import type { RateClass } from '../protocol/method-spec.ts';

/** When calls may go. */
export type Pacer = {
  /**
   * Take the next turn of a class.
   *
   * @returns Milliseconds until it comes; the turns of others are after it.
   */
  readonly turn: (rateClass: RateClass) => number;
  /** The turn is not used. */
  readonly giveBack: (rateClass: RateClass) => void;
  /**
   * The server turned a call away: other connections use the same key. It told that call a time of its own; those that have no turn
   * yet come after it.
   *
   * @param waitMs - From now until that call goes again, without another turn.
   */
  readonly holdBack: (rateClass: RateClass, waitMs: number) => void;
  /** Another connection told its rate. What was spent stays spent: the buckets belong to the key, not to a connection. */
  readonly setRate: (rate: AuthenticateResult['rate']) => void;
};

const RATE_CLASSES = ['calls', 'submit'] as const;

/**
 * Make a pacer, with buckets that are full.
 *
 * @param rate - As `authenticate` told it; null = no limit.
 */
export function makePacer(
  { clock }: { readonly clock: Pick<Clock, 'monotonicMs'> },
  rate: AuthenticateResult['rate'],
): Pacer {
  const buckets = new Map<RateClass, BucketState>();

  function setRate(told: AuthenticateResult['rate']): void {
    const nowMs = clock.monotonicMs();
    for (const rateClass of RATE_CLASSES) {
      const limits = told[rateClass];
      const before = spend(rateClass, 0);
      if (limits === null) buckets.delete(rateClass);
      else {
        const tokens = Math.min(before?.tokens ?? limits.capacity, limits.capacity);
        buckets.set(rateClass, { ...makeBucket(limits, nowMs), tokens });
      }
    }
  }

  /** Spend (or, below zero, give back) tokens of a class; null = it has no limit. */
  function spend(rateClass: RateClass, tokens: number): BucketState | null {
    const bucket = buckets.get(rateClass);
    if (bucket === undefined) return null;
    const spent = spendTokens(bucket, clock.monotonicMs(), tokens);
    buckets.set(rateClass, spent);
    return spent;
  }

  setRate(rate);
  return {
    setRate,
    turn: (rateClass) => {
      const spent = spend(rateClass, 1);
      return spent === null || spent.tokens >= 0 ? 0 : Math.ceil((-spent.tokens * 1000) / spent.refillPerSecond);
    },
    giveBack: (rateClass) => void spend(rateClass, -1),
    holdBack: (rateClass, waitMs) => {
      const now = spend(rateClass, 0);
      if (now === null) return;
      // The token that is there after waitMs is that call's own.
      const tokens = Math.min(now.tokens, (-waitMs * now.refillPerSecond) / 1000);
      buckets.set(rateClass, { ...now, tokens });
    },
  };
}
