// How long to wait before the next try to connect. Pure. Source: protocol.md 11.

const FIRST_MS = 100;
const LONGEST_MS = 5000;
const SPREAD = 0.2;
/** Longest pause that a server may ask for before the next try to connect. Source: own choice, a restart takes seconds. */
const LONGEST_TOLD_MS = 60_000;

/** What a pause depends on. */
export type PauseInput = {
  /** Tries since the connection was up for long, from 0. */
  readonly failures: number;
  /** Time that the server asked for. */
  readonly retryAfterMs: number | undefined;
};

/**
 * The time that a server asks for, and up to a fifth more: callers who were told the same time do not come back together.
 *
 * @param retryAfterMs - As told, milliseconds.
 * @param random - Between 0 and 1.
 */
export const toldPauseMs = (retryAfterMs: number, random: number): number =>
  Math.ceil(retryAfterMs * (1 + SPREAD * random));

/**
 * Pause before a try: 100 ms × 2ⁿ up to 5 s, ± 20 %; never less than the server asked for, of which a minute counts at most.
 *
 * @param random - Between 0 and 1.
 */
export function pauseBeforeMs({ failures, retryAfterMs = 0 }: PauseInput, random: number): number {
  const meanMs = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
  const ownMs = Math.round(meanMs * (1 + SPREAD * (2 * random - 1)));
  return Math.max(ownMs, toldPauseMs(Math.min(retryAfterMs, LONGEST_TOLD_MS), random));
}
