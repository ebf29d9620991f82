// The store's surface as types: every call, and what other rooms need to speak of it.

import type { EventSource } from '../core/event-bus.ts';
import type { ReportId, SubmissionId } from '../core/ids.ts';
import type { DeliveryState, SubmissionState, WaitingReason } from '../core/states.ts';
import type { ClaimedDelivery, DeliveryEnd, DestinationState } from './delivery-types.ts';
import type {
  Page,
  PageOptions,
  ReportRow,
  StoreChange,
  StoreSnapshot,
  StoreStats,
  SubmissionRow,
  Viewer,
} from './row-types.ts';
import type { IntakeStore } from './intake-types.ts';
import type { QueueStore } from './queue-types.ts';
import type {
  AcceptInput,
  AcceptOutcome,
  Claim,
  ClaimedSubmission,
  KnownAnswer,
  SubmissionEnd,
} from './submission-types.ts';
import type { UploadInput, UploadOutcome } from './upload-types.ts';

export type {
  ClaimedDelivery,
  DeliveryEnd,
  DestinationState,
} from './delivery-types.ts';
export type {
  DeliveryRow,
  Page,
  PageOptions,
  ReportRow,
  StoreChange,
  StoreSnapshot,
  StoreStats,
  SubmissionRow,
  Viewer,
} from './row-types.ts';
export type { FailedFile, FolderCounts, IntakeStore, PostAction, PostActionEnd } from './intake-types.ts';
export type {
  AcceptInput,
  AcceptOutcome,
  Claim,
  ClaimedSubmission,
  FailureRecord,
  FolderFile,
  FolderOrigin,
  IncomingCompanion,
  KnownAnswer,
  NewReport,
  StoredAttachment,
  SubmissionEnd,
  UsedConverter,
} from './submission-types.ts';
export type {
  IncomingBody,
  QueueFull,
  QueueFullReason,
  ReceivedBody,
  TooLarge,
  Upload,
  UploadInput,
  UploadOutcome,
} from './upload-types.ts';

/** The durable truth. Every method may throw AirlockError `unavailable` when the store has failed. */
export type Store = AsyncDisposable &
  QueueStore &
  IntakeStore & {
    /** Reserve room for bytes that arrive in pieces, and open a place for them. */
    readonly openUpload: (input: UploadInput) => Promise<UploadOutcome>;
    /** What a key was answered before; null for one that is not known. A repeated call needs no room. */
    readonly findFirst: (key: Pick<AcceptInput, 'kid' | 'idempotencyKey'>) => Promise<KnownAnswer | null>;
    /** Take a file in; resolves after the commit is on disk. An upload becomes the store's with `accepted` alone. */
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
