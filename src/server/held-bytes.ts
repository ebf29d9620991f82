// How much of all results together waits in memory to be fetched. Source: protocol.md 8.

import { AirlockError } from '../core/errors.ts';

/** The one budget of a daemon for results that are not fetched. */
export type HeldBytes = {
  /**
   * Hold so many bytes more, until disposal.
   *
   * @throws {AirlockError} unavailable with `retryAfterMs` when the results of all connections leave no room; too_large with the
   * limit when it could never fit.
   */
  readonly hold: (bytes: number) => Disposable;
};

/** Source: own choice; more than the clients of a station ask for at once, and little beside the memory of one. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
const RETRY_AFTER_MS = 1000;

function refusal(bytes: number, limitBytes: number): AirlockError {
  if (bytes > limitBytes) {
    const message = `Cannot answer the call: the result has ${bytes} bytes, at most ${limitBytes} are held`;
    return new AirlockError('too_large', message, { data: { limit: limitBytes } });
  }
  const message = `Cannot answer the call: results of ${limitBytes} bytes wait to be fetched already, the most that may`;
  return new AirlockError('unavailable', message, { data: { reason: 'busy', retryAfterMs: RETRY_AFTER_MS } });
}

/**
 * Make a budget of which nothing is used.
 *
 * @param limitBytes - Most that is held at once.
 */
export function makeHeldBytes(limitBytes = MAX_HELD_BYTES): HeldBytes {
  let held = 0;
  return {
    hold: (bytes) => {
      if (held + bytes > limitBytes) throw refusal(bytes, limitBytes);
      held += bytes;
      let isHeld = true;
      return {
        [Symbol.dispose]: () => {
          if (isHeld) held -= bytes;
          isHeld = false;
        },
      };
    },
  };
}
