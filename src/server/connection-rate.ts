// The rate limit as one connection meets it: the buckets of its key, and the patience with it.

import type { IpcConfig } from '../config/schema/ipc.ts';
import type { Clock } from '../core/clock.ts';
import type { KeyId } from '../core/ids.ts';
import { countDenial, countGrant, UNTRIED } from './patience.ts';
import type { LimitedClass, RateLimiter, RateOutcome } from './rate.ts';

/** The limit of one connection. */
export type ConnectionRate = {
  /** As {@link RateLimiter.take}; a denied call is told when its own token is there. */
  readonly take: (kid: KeyId, bucket: LimitedClass) => RateOutcome;
  /** Has the peer ignored its limit so often that it has to go? */
  readonly isOver: () => boolean;
};

/**
 * Make the limit of one connection.
 *
 * @param deps - The buckets of all keys, and the calls that a connection may have in flight.
 */
export function makeConnectionRate(deps: {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly rate: Pick<RateLimiter, 'take'>;
  readonly config: Pick<IpcConfig, 'calls'>;
}): ConnectionRate {
  let patience = UNTRIED;
  let isOver = false;

  function take(kid: KeyId, bucket: LimitedClass): RateOutcome {
    const taken = deps.rate.take(kid, bucket);
    const nowMs = deps.clock.monotonicMs();
    if (taken.kind === 'granted') {
      patience = countGrant(patience, bucket, nowMs);
      return taken;
    }
    const counted = countDenial(patience, { ...taken, unread: deps.config.calls }, nowMs);
    ({ patience, isOver } = counted);
    return { ...taken, retryAfterMs: counted.retryAfterMs };
  }

  return { take, isOver: () => isOver };
}
