// How long a peer that does not heed its rate limit is put up with. Pure. Source: protocol.md 5.

const MAX_DENIALS = 50;
const WITHIN_MS = 10_000;

/** Times of the denials that still count, oldest first. Monotonic clock, milliseconds. */
export type Denials = readonly number[];

/**
 * Count one denial.
 *
 * @param denials - Returned by the call before; begin with `[]`.
 * @param nowMs - Monotonic clock, milliseconds.
 * @returns `isOver` with the 50th denial within 10 s.
 */
export function countDenial(denials: Denials, nowMs: number): { readonly denials: Denials; readonly isOver: boolean } {
  const recent = [...denials.filter((atMs) => nowMs - atMs < WITHIN_MS), nowMs];
  return { denials: recent, isOver: recent.length >= MAX_DENIALS };
}
