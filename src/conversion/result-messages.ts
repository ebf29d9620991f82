// What conversions and a result thread say to each other.

import type { Body } from '../core/body.ts';
import type { FinishOutcome, RecordVerdict } from '../report/assemble.ts';
import type { CanonicalFileOutcome } from '../report/canonical-file.ts';
import type { ConversionLimits } from '../report/limits.ts';
import type { ReportStamp } from '../report/stamp.ts';

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
  /** Answered by `finished`. */
  | { readonly kind: 'finish'; readonly stamp: ReportStamp }
  /** Answered by `canonical`, or `failed` when the file cannot be read. */
  | {
      readonly kind: 'read';
      readonly body: Body;
      readonly limits: ConversionLimits;
      readonly stamp: ReportStamp;
    };

/** Answer to a question. */
export type ResultAnswer =
  | { readonly kind: 'checked'; readonly verdict: RecordVerdict }
  | { readonly kind: 'finished'; readonly outcome: FinishOutcome }
  | { readonly kind: 'canonical'; readonly outcome: CanonicalFileOutcome }
  | { readonly kind: 'failed'; readonly message: string };

/** From the thread. */
export type FromResults = ResultAnswer | { readonly kind: 'refused'; readonly verdict: RecordVerdict };
