// How many callers may use the sandbox at once, so that the queue keeps a runner for itself; where there is only one, they take turns.

import { AirlockError } from '../core/errors.ts';
import { makeSemaphore } from '../core/semaphore.ts';

/** Seats for callers. */
export type CallSeats = {
  /**
   * Wait for a seat; disposing it gives it back.
   *
   * @throws {AirlockError} queue_full, reason `waiting`, when as many wait as may; rejects with `signal.reason` when aborted.
   */
  readonly take: (options: { readonly signal: AbortSignal }) => Promise<Disposable>;
};

/** Calls that may wait for a seat. Source: sandbox.md 2. */
const WAITING_MAX = 64;
/** When to come back: about as long as a conversion takes. */
const RETRY_AFTER_MS = 500;

/**
 * Make the seats: one fewer than there are runners, but at least one.
 *
 * @param runners - Size of the pool.
 */
export function makeCallSeats(runners: number): CallSeats {
  const size = Math.max(1, runners - 1);
  const seats = makeSemaphore(size);
  let waiting = 0;
  return {
    take: async ({ signal }) => {
      if (seats.used() < size) return await seats.acquire();
      if (waiting >= WAITING_MAX) {
        throw new AirlockError('queue_full', `Cannot convert: ${WAITING_MAX} calls wait for the sandbox already`, {
          data: { reason: 'waiting', retryAfterMs: RETRY_AFTER_MS },
        });
      }
      waiting += 1;
      try {
        return await seats.acquire({ signal });
      } finally {
        waiting -= 1;
      }
    },
  };
}
