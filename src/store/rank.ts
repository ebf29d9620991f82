// The order in which work is taken: an indexed number that equals ageing.

const STEP_MS = 3_600_000;

/** Reports of one submission have positions apart from those of the next. */
const POSITIONS_PER_SUBMISSION = 1_000_000;

/**
 * Rank of a submission and its reports: lower goes first. Each hour of waiting moves it one priority step towards 1.
 *
 * @param receivedAtUnixMs - When it was acknowledged.
 * @param priority - 1 = first … 10.
 * Source: queue.md 2, Order.
 */
export function toRank(receivedAtUnixMs: number, priority: number): number {
  return receivedAtUnixMs + (priority - 1) * STEP_MS;
}

/**
 * Place of a report among equals: order of acknowledgement, then index within its submission, whenever the conversion ended.
 *
 * @param submissionSeq - Row number of the submission.
 * @param index - From 0, below a million.
 */
export function toPosition(submissionSeq: number, index: number): number {
  return submissionSeq * POSITIONS_PER_SUBMISSION + index;
}
