// Rows, pages and counts as people and programs read them, and the changes that are announced.

import type { KeyId, ReportId, SubmissionId } from '../core/ids.ts';
import type { DeliveryEventState, DeliveryState, SubmissionEventState, SubmissionState } from '../core/states.ts';
import type { Pause } from './queue-types.ts';
import type { FailureRecord, UsedConverter } from './submission-types.ts';

/** One committed change, announced after its commit, in order. `changeSeq` goes up by one per change within one run. */
export type StoreChange = { readonly changeSeq: number; readonly kid: KeyId; readonly submissionId: SubmissionId } & (
  | {
      readonly kind: 'submission';
      readonly state: SubmissionEventState;
      readonly name: string;
      readonly converter: string | null;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'report';
      readonly reportId: ReportId;
      readonly state: DeliveryEventState;
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
  /** What is kept: raw files, and reports with their attachments; what is promised to uploads; the bound (0 = none). */
  readonly bytes: {
    readonly submissions: number;
    readonly reports: number;
    readonly reserved: number;
    readonly max: number;
  };
  /** Below `floorBytes` nothing is taken in. `ballast`: `spent` = given up on a full disk, or not laid down yet. */
  readonly disk: {
    readonly freeBytes: number;
    readonly floorBytes: number;
    readonly ballast: 'ready' | 'spent' | 'off';
  };
  /** What a person stopped: the whole queue since then, or destinations. */
  readonly pauses: readonly Pause[];
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
