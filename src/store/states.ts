// Which change of state is allowed: pure tables, asked before every write.
//
// Submission
//
//   receiving -> received -> converting -> converted | skipped | rejected | failed | stopped | crashed | quarantined
//                  ^  ^          |--> suspended(due) --> converting
//                  |  '----------|    (given back, or its process died)
//                  '-- waiting <-'    (reason; woken when the reason is gone)
//
//   every end, and suspended --> received     (by a person; the raw file is still kept)
//   received, waiting, suspended --> failed   (its raw file is not there any more)
//
// Delivery
//
//   ready -> inflight -> delivered --> ready     (by a person: sent once more)
//     ^  ^       |--> ready             (given back, or its process died)
//     |  |       |--> deferred(due) --> inflight
//     |  |       |--> dead --> ready | held        (by a person, or when its destination turns out to be at fault)
//     |  |       |--> corrupt --> ready            (by a person; looked at again)
//     |  '------ held <--' also from ready, deferred and held (destination removed, or held by a person); --> inflight as a probe
//     '-- deferred

import type { DeliveryState, SubmissionState } from '../core/states.ts';

const SUBMISSION_CHANGES: Readonly<Record<SubmissionState, readonly SubmissionState[]>> = {
  receiving: ['received'],
  received: ['converting', 'failed'],
  waiting: ['received', 'failed'],
  converting: [
    'received',
    'waiting',
    'converted',
    'skipped',
    'rejected',
    'suspended',
    'failed',
    'stopped',
    'crashed',
    'quarantined',
  ],
  suspended: ['converting', 'received', 'failed'],
  converted: ['received'],
  skipped: ['received'],
  rejected: ['received'],
  failed: ['received'],
  stopped: ['received'],
  crashed: ['received'],
  quarantined: ['received'],
};

const DELIVERY_CHANGES: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  ready: ['inflight', 'held'],
  inflight: ['delivered', 'ready', 'deferred', 'held', 'dead', 'corrupt'],
  deferred: ['inflight', 'ready', 'held'],
  held: ['inflight', 'ready', 'held'],
  dead: ['ready', 'held'],
  delivered: ['ready'],
  corrupt: ['ready'],
};

/** Ends: they count no longer. */
const ENDED: readonly SubmissionState[] = [
  'converted',
  'skipped',
  'rejected',
  'failed',
  'stopped',
  'crashed',
  'quarantined',
];

/** A change of one kind of row. */
export type StateChange =
  | { readonly kind: 'submission'; readonly from: SubmissionState; readonly to: SubmissionState }
  | { readonly kind: 'delivery'; readonly from: DeliveryState; readonly to: DeliveryState };

/**
 * May a row go from one state to the other?
 *
 * @param change - Kind of row and both states.
 */
export function isChangeAllowed(change: StateChange): boolean {
  return change.kind === 'submission'
    ? SUBMISSION_CHANGES[change.from].includes(change.to)
    : DELIVERY_CHANGES[change.from].includes(change.to);
}

/**
 * Refuse a change that the tables do not have.
 *
 * @throws {Error} when it is not allowed: a bug of the caller.
 */
export function assertChangeAllowed(change: StateChange): void {
  if (isChangeAllowed(change)) return;
  throw new Error(`Cannot change ${change.kind}: ${change.from} to ${change.to} is not allowed`);
}

/**
 * Does a submission in this state still count towards the bound by itself? (Later its reports do.)
 *
 * @param state - Any state.
 */
export function isSubmissionCounted(state: SubmissionState): boolean {
  return !ENDED.includes(state);
}
