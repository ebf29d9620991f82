// What conversions and a result thread say to each other.

import type { Body } from '../core/body.ts';
import type { FinishOutcome, RecordVerdict } from '../report/assemble.ts';
import type { CanonicalFileOutcome } from '../report/canonical-file.ts';
import type { ConversionLimits } from '../report/limits.ts';
import type { AssembledReport, ReportStamp } from '../report/stamp.ts';

/** A record as JSON text, or a piece of an attachment. */
export type ResultItem = string | Uint8Array;

/** To the thread. It does one conversion or one file at a time. */
export type ToResults =
  /** A conversion begins; what was there of another one is forgotten. Not answered. */
  | { readonly kind: 'begin'; readonly limits: ConversionLimits }
  /** In order. Answered by `refused` at the first item that is not taken, else not at all. */
  | { readonly kind: 'items'; readonly items: readonly ResultItem[] }
  /** Answered by `checked`. */
  | { readonly kind: 'check' }
  /** Answered by `finished`, or `ended`; then each report is asked for by itself. */
  | { readonly kind: 'finish'; readonly stamp: ReportStamp }
  /** Answered by `report`: the next one of those that were made, in order, once each. */
  | { readonly kind: 'next' }
  /** Answered as `finish`, or by `failed` when the file cannot be read. */
  | {
      readonly kind: 'read';
      readonly body: Body;
      readonly limits: ConversionLimits;
      readonly stamp: ReportStamp;
    };

/** Records that made no reports. */
export type FailedFinish = Exclude<FinishOutcome, { readonly kind: 'reports' }>;
/** A file that made no reports. */
export type FailedFile = Exclude<CanonicalFileOutcome, { readonly kind: 'reports' }>;

/** Answer to a question. */
export type ResultAnswer =
  | { readonly kind: 'checked'; readonly verdict: RecordVerdict }
  /** So many reports were made. */
  | { readonly kind: 'finished'; readonly reports: number }
  | { readonly kind: 'report'; readonly report: AssembledReport }
  | { readonly kind: 'ended'; readonly outcome: FailedFinish | FailedFile }
  | { readonly kind: 'failed'; readonly message: string };

/** From the thread. */
export type FromResults = ResultAnswer | { readonly kind: 'refused'; readonly verdict: RecordVerdict };
