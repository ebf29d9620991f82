// Many deadlines, one timer: a call that ends in time, as nearly all do, sets and clears none.

import type { Clock } from './clock.ts';

/** One deadline that waits. */
export type Deadline = { readonly endMs: number; readonly onOver: () => void };

/** Deadlines of calls that run at the same time. Disposal forgets them all. */
export type Deadlines = Disposable & {
  /** Call back once after `ms` unless removed. */
  readonly add: (ms: number, onOver: () => void) => Deadline;
  /** Harmless when it is over already. */
  readonly remove: (deadline: Deadline) => void;
};

/**
 * Make an empty set.
 *
 * A deadline that is removed leaves the timer as it is: it is looked after when it goes off, once for all that came meanwhile. The
 * timer does not hold the process.
 *
 * @param clock - Monotonic, with timers.
 */
export function makeDeadlines(clock: Pick<Clock, 'monotonicMs' | 'after'>): Deadlines {
  const waiting = new Set<Deadline>();
  let timer: Disposable | null = null;
  let timerMs = Infinity;

  function set(endMs: number, nowMs: number): void {
    timer?.[Symbol.dispose]();
    timerMs = endMs;
    timer = clock.after(Math.max(0, endMs - nowMs), goOff);
  }

  function goOff(): void {
    const nowMs = clock.monotonicMs();
    timer = null;
    timerMs = Infinity;
    let nextMs = Infinity;
    for (const deadline of waiting) {
      if (deadline.endMs > nowMs) {
        nextMs = Math.min(nextMs, deadline.endMs);
        continue;
      }
      waiting.delete(deadline);
      deadline.onOver();
    }
    // What was told may have added one, and so set the timer already.
    if (nextMs < timerMs) set(nextMs, nowMs);
  }

  return {
    add: (ms, onOver) => {
      const nowMs = clock.monotonicMs();
      const deadline = { endMs: nowMs + ms, onOver };
      waiting.add(deadline);
      if (deadline.endMs < timerMs) set(deadline.endMs, nowMs);
      return deadline;
    },
    remove: (deadline) => void waiting.delete(deadline),
    [Symbol.dispose]: () => {
      waiting.clear();
      timer?.[Symbol.dispose]();
      timer = null;
      timerMs = Infinity;
    },
  };
}
