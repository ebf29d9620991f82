// The store's surface for people who look after the queue: lists of deliveries, and what is tried once more.

import type { KeyId, ReportId, SubmissionId } from '../core/ids.ts';
import type { SkipReason } from '../core/skip-reasons.ts';
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

/** What a person does with deliveries. */
export type HandAction = 'hold' | 'release' | 'delete';

/** What one batch came to. */
export type HandOutcome = {
  /** Changed, or with a dry run what would be. */
  readonly count: number;
  /** By id as the caller wrote it; only what was named, never what a filter found. */
  readonly skipped: readonly { readonly id: string; readonly reason: SkipReason }[];
  /** Where the next batch of a filter begins; null = this was the last. */
  readonly next: number | null;
};

/** Uploads that a person stopped: of the whole queue (`destination` null), or of one destination. */
export type Pause = { readonly destination: string | null; readonly sinceUnixMs: number };

/** What is not at its end: `moving` goes on by itself, `left` waits for a person or for time. */
export type OpenWork = {
  readonly moving: { readonly submissions: number; readonly deliveries: number };
  readonly left: {
    readonly submissions: Readonly<Partial<Record<SubmissionState, number>>>;
    readonly deliveries: Readonly<Partial<Record<DeliveryState, number>>>;
  };
};

/** Which open work. */
export type OpenWorkQuery = {
  /** Deliveries of this one only; null = of all. */
  readonly destination: string | null;
  /** Destinations that take reports, or will by themselves: what is bound for another one waits for a person. */
  readonly served: readonly string[];
};

/** What waits for one cause; `counts`: as many as are at most as old as each bound, and older ones behind. */
export type ShapeRow = (
  | { readonly kind: 'submission'; readonly state: SubmissionState }
  | { readonly kind: 'delivery'; readonly state: DeliveryState }
) & {
  readonly cause: string | null;
  readonly destination: string | null;
  readonly count: number;
  readonly counts: readonly number[];
  readonly oldestAgeMs: number;
};

/** What waits, by cause and age; the largest first. */
export type QueueShape = { readonly boundsMs: readonly number[]; readonly rows: readonly ShapeRow[] };

/** Bytes given back by one step, and the size of the database after it. */
export type CompactStep = { readonly freedBytes: number; readonly fileBytes: number; readonly hasMore: boolean };

/** What a body belongs to. */
export type BodyKind = 'submission' | 'companion' | 'report' | 'attachment';

/** A body that is not what was stored. `id`: of its submission or report. */
export type DamagedBody = {
  readonly kind: BodyKind;
  readonly id: string;
  readonly problem: 'missing' | 'mismatch' | 'unreadable';
};

/** How far a check of all bodies has come; `damaged` names the first hundred. */
export type VerifyOutcome = {
  readonly checked: number;
  readonly bytes: number;
  readonly damagedCount: number;
  readonly damaged: readonly DamagedBody[];
};

/** Reports made since then, to one destination; in batches, as a {@link DeliverySelection}. */
export type ResendSelection = {
  readonly destination: string;
  readonly sinceUnixMs: number;
  readonly after: number;
};

/** What one batch came to. */
export type ResendOutcome = {
  /** Reports that are sent once more. */
  readonly count: number;
  /** Row numbers of submissions that are converted once more for it: the bodies of their reports are gone. One may be named by two batches. */
  readonly sources: readonly number[];
  /** Reports that stay as they are: `file_gone`, `queue_full`, or `wrong_state` (still to be delivered there, or dead). */
  readonly skipped: { readonly file_gone: number; readonly queue_full: number; readonly wrong_state: number };
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
  ) => Promise<HandOutcome>;
  /** Ended submissions whose raw file is kept become `received` again; suspended ones are not waited for any longer. */
  readonly retrySubmissions: (
    selection: SubmissionSelection,
    options: SubmissionRetry & { readonly isDryRun: boolean; readonly kid: string | null },
  ) => Promise<HandOutcome>;
  /** Deliveries are held, let go, or deleted for good with what only they needed; what is being uploaded is left alone. */
  readonly handDeliveries: (
    selection: DeliverySelection,
    options: { readonly action: HandAction; readonly isDryRun: boolean },
  ) => Promise<HandOutcome>;
  /** Submissions go for good, with their files, their reports and what still had to be delivered of them. */
  readonly deleteSubmissions: (
    selection: SubmissionSelection,
    options: { readonly isDryRun: boolean; readonly kid: string | null },
  ) => Promise<HandOutcome>;
  /** One delivery, of the newest revision; null when there is none of that name. */
  readonly getDelivery: (delivery: DeliveryRef) => Promise<QueuedDelivery | null>;
  /**
   * Do a writing call once for each key of a key id; `content` is what it asks for, as text. What came of it is JSON.
   * Rejects with AirlockError `conflict` when the key was used for other content; with whatever `work` throws.
   */
  readonly once: (
    call: { readonly kid: KeyId; readonly key: string; readonly content: string },
    work: () => Promise<unknown>,
  ) => Promise<unknown>;
  /** Nothing more is claimed for it from here on, also after a restart. False = it was so already. */
  readonly pause: (destination: string | null) => Promise<boolean>;
  /** The end of a pause. False = there was none. */
  readonly resume: (destination: string | null) => Promise<boolean>;
  /** The whole queue first, then by name. */
  readonly pauses: () => Promise<readonly Pause[]>;
  /** What is open, of everything or for one destination; what is not converted yet may come to go to any. */
  readonly openWork: (query: OpenWorkQuery) => Promise<OpenWork>;
  readonly shape: () => Promise<QueueShape>;
  /** Give some free pages back. */
  readonly compactStep: () => Promise<CompactStep>;
  /** Check every body; changes nothing. Rejects with `signal.reason` when aborted. */
  readonly verify: (options: {
    readonly signal: AbortSignal;
    readonly onProgress: (outcome: VerifyOutcome) => void;
  }) => Promise<VerifyOutcome>;
  /** The newest revision of each report once more to a destination, converted again from its raw file where its body is gone. */
  readonly resendReports: (
    selection: ResendSelection,
    options: { readonly isDryRun: boolean },
  ) => Promise<ResendOutcome>;
  /** Deliveries of each destination by state, those without any left out. */
  readonly countByDestination: () => Promise<
    Readonly<Record<string, Readonly<Partial<Record<DeliveryState, number>>>>>
  >;
};
