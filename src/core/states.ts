// The names of the states that users see. Which change is allowed when lies in store/states.ts.

/** States of a submission. `converted` … `quarantined` are final unless a person retries. Source: queue.md 2. */
export const SUBMISSION_STATES = [
  'receiving',
  'received',
  'waiting',
  'converting',
  'converted',
  'skipped',
  'rejected',
  'suspended',
  'failed',
  'stopped',
  'crashed',
  'quarantined',
] as const;
/** One of {@link SUBMISSION_STATES}. */
export type SubmissionState = (typeof SUBMISSION_STATES)[number];

/** What an event of a submission says: its state, or that a person deleted it. */
export const SUBMISSION_EVENT_STATES = [...SUBMISSION_STATES, 'deleted'] as const;
/** One of {@link SUBMISSION_EVENT_STATES}. */
export type SubmissionEventState = (typeof SUBMISSION_EVENT_STATES)[number];

/** States that a submission is converted again from, if its raw file is still kept. */
export const RETRYABLE_SUBMISSION_STATES = [
  'converted',
  'skipped',
  'rejected',
  'suspended',
  'failed',
  'stopped',
  'crashed',
  'quarantined',
] as const satisfies readonly SubmissionState[];
/** One of {@link RETRYABLE_SUBMISSION_STATES}. */
export type RetryableSubmissionState = (typeof RETRYABLE_SUBMISSION_STATES)[number];

/** States of a delivery (one report to one destination). Source: queue.md 2. */
export const DELIVERY_STATES = ['ready', 'inflight', 'deferred', 'delivered', 'held', 'dead', 'corrupt'] as const;
/** One of {@link DELIVERY_STATES}. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What an event of a delivery says: its state, or that a person deleted it. */
export const DELIVERY_EVENT_STATES = [...DELIVERY_STATES, 'deleted'] as const;
/** One of {@link DELIVERY_EVENT_STATES}. */
export type DeliveryEventState = (typeof DELIVERY_EVENT_STATES)[number];

/** States of deliveries that a person may delete: neither on their way nor delivered. */
export const DELETABLE_DELIVERY_STATES = [
  'ready',
  'deferred',
  'held',
  'dead',
  'corrupt',
] as const satisfies readonly DeliveryState[];

/** States of deliveries that a person may hold. */
export const HOLDABLE_DELIVERY_STATES = ['ready', 'deferred', 'held'] as const satisfies readonly DeliveryState[];

/** States that a delivery is tried again from. */
export const RETRYABLE_DELIVERY_STATES = [
  'dead',
  'held',
  'deferred',
  'corrupt',
] as const satisfies readonly DeliveryState[];
/** One of {@link RETRYABLE_DELIVERY_STATES}. */
export type RetryableDeliveryState = (typeof RETRYABLE_DELIVERY_STATES)[number];

/** Worst first: a report's state is the worst of its deliveries. Source: queue.md 2. */
export const DELIVERY_STATES_WORST_FIRST = [
  'corrupt',
  'dead',
  'held',
  'deferred',
  'inflight',
  'ready',
  'delivered',
] as const;

/** States of submissions that a person may delete: all but those that are just coming in or being converted. */
export const DELETABLE_SUBMISSION_STATES = [
  'received',
  'waiting',
  ...RETRYABLE_SUBMISSION_STATES,
] as const satisfies readonly SubmissionState[];

/** Why a submission is `waiting`. */
export const WAITING_REASONS = ['converter_pending', 'converter_quarantined', 'sandbox_wall_missing'] as const;
/** One of {@link WAITING_REASONS}. */
export type WaitingReason = (typeof WAITING_REASONS)[number];

/** Will this submission change by itself, without a person? */
export function isSubmissionOpen(state: SubmissionEventState): boolean {
  return state === 'receiving' || state === 'received' || state === 'converting';
}

/** Will this delivery change by itself, without a person or the destination's recovery? */
export function isDeliveryOpen(state: DeliveryEventState): boolean {
  return state === 'ready' || state === 'inflight' || state === 'deferred';
}

/**
 * A report's state: the worst of its deliveries, `delivered` when it has none (it matched no destination).
 *
 * @param states - States of all its deliveries.
 */
export function worstDeliveryState(states: readonly DeliveryState[]): DeliveryState {
  return DELIVERY_STATES_WORST_FIRST.find((state) => states.includes(state)) ?? 'delivered';
}
