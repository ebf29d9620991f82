// A clock that moves only when a test says so.

import type { Clock } from '../../src/core/clock.ts';

/** A clock in the hands of a test. */
export type ManualClock = Clock & {
  /** Move both clocks on; timers that are due run at once, in order, those they set as well. */
  readonly advance: (ms: number) => void;
  /** Timers that still run. */
  readonly pending: () => number;
};

type Timer = { readonly atMs: number; readonly callback: () => void };

/**
 * Make a clock.
 *
 * @param startUnixMs - Wall clock at the start; the monotonic clock starts at 0.
 */
export function makeManualClock(startUnixMs = 1_700_000_000_000): ManualClock {
  const timers = new Set<Timer>();
  let nowMs = 0;

  function after(ms: number, callback: () => void): Disposable {
    const timer = { atMs: nowMs + ms, callback };
    timers.add(timer);
    return { [Symbol.dispose]: () => void timers.delete(timer) };
  }

  function nextDue(untilMs: number): Timer | undefined {
    return [...timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  }

  return {
    nowUnixMs: () => startUnixMs + nowMs,
    monotonicMs: () => nowMs,
    after,
    sleep: (ms, { signal } = {}) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (signal?.aborted) reject(signal.reason);
      const timer = after(ms, resolve);
      signal?.addEventListener('abort', () => {
        timer[Symbol.dispose]();
        reject(signal.reason);
      });
      return promise;
    },
    advance: (ms) => {
      const untilMs = nowMs + ms;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        timers.delete(due);
        nowMs = Math.max(nowMs, due.atMs);
        due.callback();
      }
      nowMs = untilMs;
    },
    pending: () => timers.size,
  };
}
