// How long to wait after a failure: doubling, capped, spread.

/** The wait doubles from `first` to `max`, both in milliseconds. */
export type BackoffConfig = { readonly first: number; readonly max: number };

/** Largest factor of the spread. */
export const LARGEST_SPREAD = 1.5;

/**
 * Wait after the n-th failure in a row: `min(max, first × 2^(n−1)) × U(0.5, 1.5)`. Pure but for `random`.
 *
 * @param config - Milliseconds.
 * @param failures - Failures in a row, this one included; ≥ 1 (less counts as 1).
 * @param random - Gives a number in [0, 1).
 * @returns Milliseconds, whole, ≥ 1.
 * Source: queue.md 3, backoff.
 */
export function backoffMs({ first, max }: BackoffConfig, failures: number, random: () => number): number {
  const base = Math.min(max, first * 2 ** (Math.max(failures, 1) - 1));
  return Math.max(1, Math.round(base * (0.5 + random())));
}
