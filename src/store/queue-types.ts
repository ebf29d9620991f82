// The store's surface for people who look after the queue: lists of deliveries, and what is tried once more.

import type { ReportId, SubmissionId } from '../core/ids.ts';
import type { DeliveryState, SubmissionState } from '../core/states.ts';
import type { DeliveryRow } from './types.ts';

/** One delivery with the report that it carries. */
export type QueuedDelivery = DeliveryRow & {
  readonly reportId: ReportId;
  readonly revision: number;
  readonly submissionId: SubmissionId;
  /** Why it is held, deferred or dead. */
  readonly reason: string | null;
  readonly createdAtUnixMs: number;
};

/** Which deliveries are meant; null = any, where `state` null leaves out what was delivered. */
export type DeliveryFilter = { readonly state: DeliveryState | null; readonly destination: string | null };

/** One delivery by its name. */
export type DeliveryRef = { readonly reportId: ReportId; readonly destination: string };

/** Deliveries by name, or all that a filter finds, in batches: `after` is where the last batch ended, 0 at first. */
export type DeliverySelection =
  | { readonly kind: 'named'; readonly deliveries: readonly DeliveryRef[] }
  | ({ readonly kind: 'filter'; readonly after: number } & DeliveryFilter);

/** Submissions by id, or all in one state, in batches. */
export type SubmissionSelection =
  | { readonly kind: 'named'; readonly submissions: readonly SubmissionId[] }
  | { readonly kind: 'filter'; readonly after: number; readonly state: SubmissionState };

/** What a submission is tried with; null leaves it as it was. */
export type SubmissionRetry = {
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, unknown>> | null;
};

/**
 * Why something stays as it is: `unknown` (also what the viewer may not see), `not_retryable` in its state,
 * `destination_removed`, `file_gone` (the raw file is not kept any more), `queue_full`.
 */
export type SkipReason = 'unknown' | 'not_retryable' | 'destination_removed' | 'file_gone' | 'queue_full';

/** What one batch came to. */
export type RetryOutcome = {
  /** Changed, or with a dry run what would be. */
  readonly count: number;
  /** By id as the caller wrote it; only what was named, never what a filter found. */
  readonly skipped: readonly { readonly id: string; readonly reason: SkipReason }[];
  /** Where the next batch of a filter begins; null = this was the last. */
  readonly next: number | null;
};

/** The calls of this page. */
export type QueueStore = {
  /** Newest first. */
  readonly listDeliveries: (
    options: DeliveryFilter & { readonly limit: number; readonly cursor: string | null },
  ) => Promise<{ readonly items: readonly QueuedDelivery[]; readonly nextCursor: string | null }>;
  /** Dead, held, deferred and corrupt deliveries become `ready`, with their count of failures begun anew. */
  readonly retryDeliveries: (
    selection: DeliverySelection,
    options: { readonly isDryRun: boolean },
  ) => Promise<RetryOutcome>;
  /** Ended submissions whose raw file is kept become `received` again; suspended ones are not waited for any longer. */
  readonly retrySubmissions: (
    selection: SubmissionSelection,
    options: SubmissionRetry & { readonly isDryRun: boolean; readonly kid: string | null },
  ) => Promise<RetryOutcome>;
  /** Deliveries of each destination by state, those without any left out. */
  readonly countByDestination: () => Promise<
    Readonly<Record<string, Readonly<Partial<Record<DeliveryState, number>>>>>
  >;
};
