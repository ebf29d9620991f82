// Trying again what failed for reasons of the machine, ever more slowly.

import type { Clock } from '../core/clock.ts';

const FIRST_MS = 250;
const MAX_MS = 30_000;

/**
 * How long to wait after a number of failures in a row: 250 ms, doubling, at most 30 s.
 *
 * @param failures - ≥ 1.
 */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 20), MAX_MS);
}

/** How {@link withBackOff} goes on. */
export type BackOffOptions = {
  readonly signal: AbortSignal;
  /** Hears each failure before the wait. */
  readonly onFailure: (error: unknown, retryInMs: number) => void;
  /** Is it worth another try? Otherwise the error is thrown. */
  readonly isRetryable: (error: unknown) => boolean;
};

/**
 * Run until it succeeds.
 *
 * @param clock - For the waits.
 * @param run - What to do; called at least once, also when the signal is aborted.
 * @param options - When to stop.
 * @throws what `run` threw when it is not retryable or the signal is aborted.
 */
export async function withBackOff<T>(
  clock: Pick<Clock, 'sleep'>,
  run: () => Promise<T>,
  { signal, onFailure, isRetryable }: BackOffOptions,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted || !isRetryable(error)) throw error;
      const retryInMs = backOffMs(failures);
      onFailure(error, retryInMs);
      await clock.sleep(retryInMs, { signal });
    }
  }
}
