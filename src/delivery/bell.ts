// Wakes one loop: rung while it works, it does not sleep next time.

import type { Clock } from '../core/clock.ts';

/** A bell for one sleeper. */
export type Bell = {
  readonly ring: () => void;
  /** Sleep until rung or for `ms` (null = until rung). A ring since the last sleep counts. */
  readonly sleep: (ms: number | null) => Promise<void>;
};

/**
 * Make a bell.
 *
 * @param clock - Measures the sleep.
 */
export function makeBell(clock: Pick<Clock, 'after'>): Bell {
  let isRung = false;
  let wake: () => void = () => undefined;
  return {
    ring: () => {
      isRung = true;
      wake();
    },
    sleep: async (ms) => {
      if (!isRung) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        using _timer = ms === null ? null : clock.after(ms, resolve);
        await promise;
      }
      isRung = false;
    },
  };
}
