// A delivery as it is claimed and ended, and what is remembered about its destination.

import type { ReportId, SubmissionId } from '../core/ids.ts';
import type { StoredAttachment } from './submission-types.ts';

/** A delivery that the uploader has claimed. */
export type ClaimedDelivery = {
  readonly reportId: ReportId;
  readonly revision: number;
  readonly submissionId: SubmissionId;
  readonly destination: string;
  readonly body: string;
  readonly attachments: readonly StoredAttachment[];
  /** Of the body alone, as `sha256`. */
  readonly bytes: number;
  readonly sha256: string;
  /** When the submission was acknowledged. */
  readonly acceptedAtUnixMs: number;
  /** Failures charged so far. */
  readonly attempts: number;
  /** Requests made, this one included: written before it starts. */
  readonly tries: number;
};

/** How one upload ended. */
export type DeliveryEnd =
  | { readonly state: 'delivered'; readonly serverId: string | null; readonly answer: string | null }
  | {
      readonly state: 'deferred';
      readonly afterMs: number;
      readonly error: string;
      readonly answer: string | null;
      readonly isCharged: boolean;
    }
  | { readonly state: 'held'; readonly error: string; readonly answer: string | null }
  | { readonly state: 'dead'; readonly reason: string; readonly error: string; readonly answer: string | null }
  | { readonly state: 'corrupt'; readonly error: string }
  /** Given back untouched, e.g. when a drain runs out of time. */
  | { readonly state: 'ready' };

/** State of a destination that survives restarts. Times are wall clock. */
export type DestinationState = {
  readonly name: string;
  readonly state: 'up' | 'waiting' | 'held';
  /** Code of why, e.g. `unauthorized`, `wrong_url`, `retry_after`, `backoff`. */
  readonly reason: string | null;
  readonly message: string | null;
  readonly sinceUnixMs: number | null;
  /** When the next request (a probe while held) may be made; null while up. */
  readonly dueUnixMs: number | null;
  /** Transient failures in a row. */
  readonly failures: number;
};
