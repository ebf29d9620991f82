// How often each key may call: a bucket per key id and class, one for all keys beside it, and what is told about them. Source: protocol.md 5.

import type { IpcConfig } from '../config/schema/ipc.ts';
import type { Clock } from '../core/clock.ts';
import type { KeyId } from '../core/ids.ts';
import type { AuthenticateResult } from '../protocol/handshake.ts';
import {
  type BucketLimits,
  type BucketState,
  makeBucket,
  spendTokens,
  type TakeOutcome,
  takeTokens,
} from '../core/token-bucket.ts';

/** A class of calls that has a limit. */
export type LimitedClass = 'calls' | 'submit';

/** Whether a call may go on. */
export type RateOutcome =
  | { readonly kind: 'granted' }
  | {
      readonly kind: 'denied';
      readonly bucket: LimitedClass;
      readonly retryAfterMs: number;
      /** From one token of the bucket that denied longest to its next. Milliseconds. */
      readonly tokenMs: number;
    };

/** The limits of a whole daemon: a reconnect refills nothing. */
export type RateLimiter = {
  /** Take one token of the key's bucket and one of the bucket of all keys, or neither. */
  readonly take: (kid: KeyId, bucket: LimitedClass) => RateOutcome;
  /** Spend tokens that cannot be refused any more: the buckets may go below zero. */
  readonly spend: (kid: KeyId, bucket: LimitedClass, tokens: number) => void;
  /** One key's limits, as `authenticate` tells them; null = no limit. */
  readonly told: AuthenticateResult['rate'];
};

/** Keys whose bucket is not full and therefore kept. Source: own choice, far above the number of keys of a station. */
const MAX_KEYS = 1024;

type Held = { readonly limits: BucketLimits; ofKey: Map<KeyId, BucketState>; ofAll: BucketState };

const toLimits = ({ perMinute, burst }: IpcConfig['rate']['calls']): BucketLimits | null =>
  perMinute === 0 ? null : { capacity: burst, refillPerSecond: perMinute / 60 };

function hold(limits: BucketLimits | null, factor: number, nowMs: number): Held | null {
  if (limits === null) return null;
  const all = { capacity: limits.capacity * factor, refillPerSecond: limits.refillPerSecond * factor };
  return { limits, ofKey: new Map(), ofAll: makeBucket(all, nowMs) };
}

/** Forget the bucket that was used least lately, where there are too many. */
function keep(held: Held, kid: KeyId, state: BucketState): void {
  // Order: taken out and put in again, so that the map stays in order of use.
  held.ofKey.delete(kid);
  held.ofKey.set(kid, state);
  const [oldest] = held.ofKey.keys();
  if (held.ofKey.size > MAX_KEYS && oldest !== undefined) held.ofKey.delete(oldest);
}

/**
 * Make the limits, all buckets full.
 *
 * @param config - `ipc.rate`.
 */
export function makeRateLimiter({ clock }: { readonly clock: Pick<Clock, 'monotonicMs'> }, config: IpcConfig['rate']) {
  const startMs = clock.monotonicMs();
  const limits = { calls: toLimits(config.calls), submit: toLimits(config.submit) };
  const classes = {
    calls: hold(limits.calls, config.global, startMs),
    submit: hold(limits.submit, config.global, startMs),
  };
  const stateOf = (held: Held, kid: KeyId, nowMs: number): BucketState =>
    held.ofKey.get(kid) ?? makeBucket(held.limits, nowMs);

  function take(kid: KeyId, bucket: LimitedClass): RateOutcome {
    const held = classes[bucket];
    if (held === null) return { kind: 'granted' };
    const nowMs = clock.monotonicMs();
    const own = takeTokens(stateOf(held, kid, nowMs), nowMs);
    const all = takeTokens(held.ofAll, nowMs);
    if (own.kind === 'granted' && all.kind === 'granted') {
      keep(held, kid, own.state);
      held.ofAll = all.state;
      return { kind: 'granted' };
    }
    const waitOf = (taken: TakeOutcome): number => (taken.kind === 'denied' ? taken.retryAfterMs : 0);
    const slower = waitOf(all) > waitOf(own) ? all : own;
    const tokenMs = 1000 / slower.state.refillPerSecond;
    return { kind: 'denied', bucket, retryAfterMs: waitOf(slower), tokenMs };
  }

  function spend(kid: KeyId, bucket: LimitedClass, tokens: number): void {
    const held = classes[bucket];
    if (held === null) return;
    const nowMs = clock.monotonicMs();
    keep(held, kid, spendTokens(stateOf(held, kid, nowMs), nowMs, tokens));
    held.ofAll = spendTokens(held.ofAll, nowMs, tokens);
  }

  return { take, spend, told: limits } satisfies RateLimiter;
}
