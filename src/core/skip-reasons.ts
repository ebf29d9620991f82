// Why something that a person named stays as it is.

/**
 * Why something stays as it is: `unknown` (also what the viewer may not see), `not_retryable` and `wrong_state` (this cannot be done
 * in its state), `busy` (it is being uploaded or converted at this moment), `held_by_person` (only a release lets it go),
 * `destination_removed`, `file_gone` (the raw file is not kept any more), `queue_full`.
 */
export const SKIP_REASONS = [
  'unknown',
  'not_retryable',
  'wrong_state',
  'busy',
  'held_by_person',
  'destination_removed',
  'file_gone',
  'queue_full',
] as const;
/** One of {@link SKIP_REASONS}. */
export type SkipReason = (typeof SKIP_REASONS)[number];
