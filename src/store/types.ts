// The store's surface as types: what is put in, what comes out, what is announced.

import type { EventSource } from '../core/event-bus.ts';
import type { KeyId, ReportId, SubmissionId } from '../core/ids.ts';
import type { DeliveryState, SubmissionState, WaitingReason } from '../core/states.ts';
import type { QueueStore } from './queue-types.ts';

/** One file to take in. */
export type AcceptInput = {
  readonly kid: KeyId;
  /** Known per kid; the same key with the same bytes gives the first answer again. */
  readonly idempotencyKey: string;
  readonly name: string;
  /** At most 128 KiB so far: larger bodies come with streams. */
  readonly bytes: Uint8Array;
  /** Converter that was asked for by name, or null to choose. */
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** 1 = first … 10. */
  readonly priority: number;
  readonly group: string | null;
};

/** How taking in can end. */
export type AcceptOutcome =
  | {
      readonly kind: 'accepted';
      readonly submissionId: SubmissionId;
      readonly sha256: string;
      readonly bytes: number;
      readonly duplicate: boolean;
    }
  | { readonly kind: 'queue_full'; readonly reason: 'count' | 'store_failed'; readonly retryAfterMs: number }
  | { readonly kind: 'conflict'; readonly submissionId: SubmissionId };

/** A submission that the conversion loop has claimed. */
export type ClaimedSubmission = {
  readonly submissionId: SubmissionId;
  readonly kid: KeyId;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly receivedAtUnixMs: number;
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Conversions begun for this submission, this one included. */
  readonly attempt: number;
};

/** A claim, or how long there is nothing to claim (null = until something changes). */
export type Claim<T> =
  | { readonly kind: 'claimed'; readonly item: T }
  | { readonly kind: 'none'; readonly nextDueInMs: number | null };

/** Which converter worked on a submission. */
export type UsedConverter = { readonly name: string; readonly version: string; readonly sha256: string };

/** A failure as it is kept and shown. `code` is from the error table. */
export type FailureRecord = {
  readonly code: string;
  readonly message: string;
  readonly file?: string | null;
  readonly line?: number | null;
  readonly column?: number | null;
  readonly limit?: string;
  readonly used?: number;
  readonly allowed?: number;
};

/** Bytes of one attachment, under the hash by which the report's body names it: SHA-256, lower-case hex. */
export type StoredAttachment = { readonly sha256: string; readonly bytes: Uint8Array };

/** One report of a finished conversion, and where it goes. */
export type NewReport = {
  readonly reportId: ReportId;
  readonly kind: string;
  readonly outcome: string;
  readonly partNumber: string | null;
  readonly serialNumber: string | null;
  /** Canonical report as JSON text. */
  readonly body: string;
  /** Each hash once. Kept and retired with the body. */
  readonly attachments: readonly StoredAttachment[];
  /** Names of destinations; empty = delivered to none. */
  readonly destinations: readonly string[];
};

/** How the conversion of a claimed submission ended: exactly one transaction. */
export type SubmissionEnd = {
  readonly converter: UsedConverter | null;
  readonly log: readonly { readonly level: string; readonly text: string }[];
  readonly warnings: readonly string[];
} & (
  | { readonly state: 'converted'; readonly reports: readonly NewReport[] }
  | { readonly state: 'skipped'; readonly reason: string }
  | { readonly state: 'rejected' | 'failed' | 'stopped' | 'crashed'; readonly failure: FailureRecord }
  | { readonly state: 'suspended'; readonly reason: string; readonly afterMs: number }
  | { readonly state: 'waiting'; readonly reason: WaitingReason; readonly message: string }
  /** Given back untouched, e.g. when a drain runs out of time; charges no attempt. */
  | { readonly state: 'received' }
);

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

/** One committed change, announced after its commit, in order. `changeSeq` goes up by one per change within one run. */
export type StoreChange = { readonly changeSeq: number; readonly kid: KeyId; readonly submissionId: SubmissionId } & (
  | {
      readonly kind: 'submission';
      readonly state: SubmissionState;
      readonly name: string;
      readonly converter: string | null;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'report';
      readonly reportId: ReportId;
      readonly state: DeliveryState;
      readonly destination: string;
      readonly reason: string | null;
    }
);

/** Counts by state at one moment: every change up to `asOfChange` is in, none after it. */
export type StoreSnapshot = {
  readonly asOfChange: number;
  readonly submissions: Readonly<Record<SubmissionState, number>>;
  readonly deliveries: Readonly<Record<DeliveryState, number>>;
};

/** Whose rows a query may see: everything, or one key's own. */
export type Viewer = { readonly kid: KeyId | null };

/** One page of a list. */
export type PageOptions = { readonly limit: number; readonly cursor: string | null };
/** One page. `nextCursor` null = the end. */
export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

/** One submission as stored. */
export type SubmissionRow = {
  readonly submissionId: SubmissionId;
  readonly kid: KeyId;
  readonly name: string;
  readonly state: SubmissionState;
  readonly reason: string | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly receivedAtUnixMs: number;
  readonly converter: UsedConverter | null;
  readonly attempts: number;
  readonly dueUnixMs: number | null;
  readonly failure: FailureRecord | null;
  readonly warnings: readonly string[];
  readonly log: readonly { readonly level: string; readonly text: string }[];
};

/** One delivery as stored. */
export type DeliveryRow = {
  readonly destination: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly tries: number;
  readonly dueUnixMs: number | null;
  readonly lastError: string | null;
  readonly answer: string | null;
  readonly deliveredAtUnixMs: number | null;
  readonly serverId: string | null;
};

/** One report as stored; `body` is null in lists, and once it is delivered everywhere and retired. */
export type ReportRow = {
  readonly reportId: ReportId;
  readonly submissionId: SubmissionId;
  readonly revision: number;
  readonly kind: string;
  readonly outcome: string;
  readonly partNumber: string | null;
  readonly serialNumber: string | null;
  readonly bytes: number;
  readonly createdAtUnixMs: number;
  readonly body: string | null;
  readonly deliveries: readonly DeliveryRow[];
};

/** What `queue/stats` and the daily counters say; counted from the database, but for `refusals`. */
export type StoreStats = {
  readonly items: number;
  readonly maxItems: number;
  readonly submissions: Readonly<Record<SubmissionState, number>>;
  readonly deliveries: Readonly<Record<DeliveryState, number>>;
  /** What is kept: raw files, and reports with their attachments. */
  readonly bytes: { readonly submissions: number; readonly reports: number };
  readonly oldestReadyAgeMs: number | null;
  readonly refusals: Readonly<Record<string, number>>;
  /** Since midnight UTC. */
  readonly today: {
    readonly submissions: number;
    readonly reports: number;
    readonly delivered: number;
    readonly failed: number;
    readonly lastDeliveryUnixMs: number | null;
  };
};

/** The durable truth. Every method may throw AirlockError `unavailable` when the store has failed. */
export type Store = AsyncDisposable &
  QueueStore & {
    /** Take a file in; resolves after the commit is on disk. */
    readonly accept: (input: AcceptInput) => Promise<AcceptOutcome>;
    readonly claimSubmission: () => Promise<Claim<ClaimedSubmission>>;
    /** One transaction: report rows and deliveries appear and the submission changes, or neither. */
    readonly endSubmission: (submissionId: SubmissionId, end: SubmissionEnd) => Promise<void>;
    /** `waiting` submissions with one of these reasons become `received` again. */
    readonly wakeWaiting: (reasons: readonly WaitingReason[]) => Promise<number>;
    /** Oldest first. `isProbe`: also held and deferred ones, whatever their due time. */
    readonly claimDelivery: (
      destination: string,
      options: { readonly isProbe: boolean },
    ) => Promise<Claim<ClaimedDelivery>>;
    readonly endDelivery: (
      delivery: Pick<ClaimedDelivery, 'reportId' | 'revision' | 'destination'>,
      end: DeliveryEnd,
    ) => Promise<void>;
    /** `held` deliveries of a destination become `ready`. */
    readonly releaseHeld: (destination: string) => Promise<number>;
    /**
     * Deliveries of destinations that are not in the configuration any more become `held(destination_removed)`; those of
     * destinations that are in it again become `ready`. Gives the number newly held.
     */
    readonly holdRemoved: (configured: readonly string[]) => Promise<number>;
    readonly destinations: () => Promise<readonly DestinationState[]>;
    readonly setDestination: (state: DestinationState) => Promise<void>;
    readonly getSubmission: (
      submissionId: SubmissionId,
      viewer: Viewer,
    ) => Promise<(SubmissionRow & { readonly reports: readonly ReportRow[] }) | null>;
    readonly listSubmissions: (
      viewer: Viewer,
      options: PageOptions & { readonly state: SubmissionState | null },
    ) => Promise<Page<SubmissionRow>>;
    readonly getReport: (reportId: ReportId, viewer: Viewer) => Promise<ReportRow | null>;
    readonly listReports: (
      viewer: Viewer,
      options: PageOptions & { readonly state: DeliveryState | null; readonly submissionId: SubmissionId | null },
    ) => Promise<Page<ReportRow>>;
    readonly stats: () => Promise<StoreStats>;
    readonly snapshot: (viewer: Viewer) => Promise<StoreSnapshot>;
    readonly changes: EventSource<StoreChange>;
  };
