// How soon a runner may be started again after others died on their own: pure, so that no kill storm becomes a spawn storm.

/** Deaths and failed starts since the last good job. */
export type RestartState = { readonly failures: number };

/** Nothing has failed. */
export const CALM: RestartState = { failures: 0 };

const FIRST_MS = 50;
const LONGEST_MS = 30_000;
/** The first death is answered at once: somebody may just have ended one runner. */
const FREE_FAILURES = 1;

/** A runner died while idle, or did not start. */
export const afterFailure = ({ failures }: RestartState): RestartState => ({ failures: failures + 1 });

/**
 * Milliseconds to wait before the next start: doubles from 50 ms to 30 s.
 *
 * @param state - See {@link RestartState}.
 */
export function restartDelayMs({ failures }: RestartState): number {
  if (failures <= FREE_FAILURES) return 0;
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - FREE_FAILURES - 1, 20));
}
