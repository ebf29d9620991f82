// Waiting until there may be something to do, without ever missing that there is.

import type { Clock } from './clock.ts';

/** A bell that is heard also by who was not yet listening. */
export type Waker = {
  readonly wake: () => void;
  /** Take this before looking for work. */
  readonly ticket: () => number;
  /**
   * Wait until woken since the ticket was taken, or until `ms` have passed (null = for ever).
   * Rejects with `signal.reason` when aborted.
   */
  readonly wait: (ticket: number, ms: number | null, options: { readonly signal: AbortSignal }) => Promise<void>;
};

/**
 * Make a waker.
 *
 * @param clock - For the longest wait.
 */
export function makeWaker(clock: Pick<Clock, 'after'>): Waker {
  let generation = 0;
  let listeners: (() => void)[] = [];
  return {
    wake: () => {
      generation += 1;
      const woken = listeners;
      listeners = [];
      for (const listener of woken) listener();
    },
    ticket: () => generation,
    wait: async (ticket, ms, { signal }) => {
      signal.throwIfAborted();
      // Race: a wake between the look for work and this line has changed the generation.
      if (ticket !== generation) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onAbort = (): void => reject(signal.reason);
      const timer = ms === null ? null : clock.after(ms, resolve);
      listeners.push(resolve);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        await promise;
      } finally {
        timer?.[Symbol.dispose]();
        listeners = listeners.filter((listener) => listener !== resolve);
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
