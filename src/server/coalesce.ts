// Least time between two of the same subject: what comes in between waits, and the latest takes the place of the one before.

import type { Clock } from '../core/clock.ts';

/** See {@link makeCoalescer}. Disposal forgets what waits. */
export type Coalescer<T> = Disposable & {
  /** Pass it on now, or once the subject's time has come. */
  readonly push: (subject: string, item: T) => void;
  /** What waits, in any order. */
  readonly waiting: () => Iterable<T>;
  /** Forget what waits. */
  readonly clear: () => void;
};

/** Subjects that are timed at once; of more, the one that has waited longest goes early. */
export const MAX_SUBJECTS = 1000;

type Entry<T> = { readonly dueMs: number; readonly item: T | null };

/**
 * Make a coalescer.
 *
 * @param deps - `pass` takes what goes on; the first of a subject goes at once.
 * @param options - `intervalMs` > 0.
 */
export function makeCoalescer<T>(
  { clock, pass }: { readonly clock: Pick<Clock, 'monotonicMs' | 'after'>; readonly pass: (item: T) => void },
  { intervalMs }: { readonly intervalMs: number },
): Coalescer<T> {
  // Invariant: in the order of `dueMs`, for each subject enters at the end with now + intervalMs.
  const entries = new Map<string, Entry<T>>();
  let timer: Disposable | null = null;

  function go(subject: string, item: T): void {
    entries.delete(subject);
    entries.set(subject, { dueMs: clock.monotonicMs() + intervalMs, item: null });
    pass(item);
  }

  /** The first one's time is over. */
  function release(subject: string, { item }: Entry<T>): void {
    if (item === null) entries.delete(subject);
    else go(subject, item);
  }

  function tick(): void {
    timer = null;
    const nowMs = clock.monotonicMs();
    // What goes on enters at the end again, with a time to come: this ends there.
    for (const [subject, entry] of entries) {
      if (entry.dueMs > nowMs) break;
      release(subject, entry);
    }
    arm();
  }

  function arm(): void {
    const [next] = entries.values();
    if (timer !== null || next === undefined) return;
    timer = clock.after(Math.max(1, next.dueMs - clock.monotonicMs()), tick);
  }

  return {
    push: (subject, item) => {
      const known = entries.get(subject);
      // Setting a known subject keeps its place.
      if (known !== undefined) entries.set(subject, { ...known, item });
      else go(subject, item);
      const [oldest] = entries;
      if (entries.size > MAX_SUBJECTS && oldest !== undefined) {
        entries.delete(oldest[0]);
        if (oldest[1].item !== null) pass(oldest[1].item);
      }
      arm();
    },
    waiting: () => [...entries.values()].flatMap(({ item }) => (item === null ? [] : [item])),
    clear: () => {
      for (const [subject, entry] of entries) entries.set(subject, { ...entry, item: null });
    },
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]();
      entries.clear();
    },
  };
}
