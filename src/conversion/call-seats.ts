// How many callers may use the sandbox at once, so that the queue keeps a runner for itself; where there is only one, they take turns.

import { AirlockError } from '../core/errors.ts';

/** Seats for callers. */
export type CallSeats = {
  /**
   * Wait for a seat; disposing it gives it back. Keys take turns, so that one that asks for much keeps no other waiting.
   *
   * @param kid - Id of the caller's key.
   * @throws {AirlockError} queue_full, reason `waiting`, when as many wait as may; rejects with `signal.reason` when aborted.
   */
  readonly take: (kid: string, options: { readonly signal: AbortSignal }) => Promise<Disposable>;
};

/** Calls that may wait for a seat, and of these for one key. Source: sandbox.md 2; the half leaves room for everybody else. */
const WAITING_MAX = 64;
const WAITING_PER_KEY = 32;
/** When to come back: about as long as a conversion takes. */
const RETRY_AFTER_MS = 500;

type Enter = () => void;

function refuse(limit: number): AirlockError {
  return new AirlockError('queue_full', `Cannot convert: ${limit} calls wait for the sandbox already`, {
    data: { reason: 'waiting', retryAfterMs: RETRY_AFTER_MS },
  });
}

/** A line for each key; the key whose turn it is stands first. */
function makeLines() {
  const lines = new Map<string, Set<Enter>>();
  let length = 0;

  function leave(kid: string, enter: Enter): void {
    const line = lines.get(kid);
    if (line?.delete(enter) !== true) return;
    length -= 1;
    if (line.size === 0) lines.delete(kid);
  }

  return {
    leave,
    /** @throws {AirlockError} queue_full. */
    join: (kid: string, enter: Enter): void => {
      const line = lines.get(kid) ?? new Set();
      if (length >= WAITING_MAX) throw refuse(WAITING_MAX);
      if (line.size >= WAITING_PER_KEY) throw refuse(WAITING_PER_KEY);
      length += 1;
      lines.set(kid, line.add(enter));
    },
    /** The next one enters, and its key goes to the end. */
    next: (): void => {
      const [first] = lines;
      if (first === undefined) return;
      const [kid, line] = first;
      const [enter] = line;
      lines.delete(kid);
      lines.set(kid, line);
      if (enter === undefined) return;
      leave(kid, enter);
      enter();
    },
  };
}

/**
 * Make the seats: one fewer than there are runners, but at least one.
 *
 * @param runners - Size of the pool.
 */
export function makeCallSeats(runners: number): CallSeats {
  const size = Math.max(1, runners - 1);
  const lines = makeLines();
  let used = 0;

  function sit(): Disposable {
    used += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        used -= 1;
        lines.next();
      },
    };
  }

  return {
    take: async (kid, { signal }) => {
      signal.throwIfAborted();
      if (used < size) return sit();
      const { promise, resolve, reject } = Promise.withResolvers<Disposable>();
      const enter = (): void => resolve(sit());
      const onAbort = (): void => {
        lines.leave(kid, enter);
        reject(signal.reason);
      };
      lines.join(kid, enter);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await promise;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
