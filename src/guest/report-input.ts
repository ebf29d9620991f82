// What an author hands to the report builder. Everything but names may be left out; null means the same as leaving out.

import type { ComparisonName, Outcome, StepKind, StepOutcome } from '../report/rules.ts';

type Maybe<T> = T | null | undefined;
type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A failure's code and words. */
export type ErrorInput = { readonly code?: Maybe<number | string>; readonly message?: Maybe<string> };

/** Value, limits and verdict of one measurement. */
export type MeasurementValue = {
  /**
   * The measured value. A text that is compared with numbers (`low`, `high`, numeric `op`, or `kind: 'numeric'`) is read as a
   * number with a decimal point; NaN and infinities are kept as `valueText`.
   */
  readonly value?: Maybe<number | string | boolean>;
  /** The value as written, where a number cannot hold it. */
  readonly valueText?: Maybe<string>;
  /** Exactly as the file writes it. */
  readonly unit?: Maybe<string>;
  /** Default: GELE for both limits, GE for `low`, LE for `high`, EQ or CASESENSIT for `target`, else no comparison. */
  readonly op?: Maybe<ComparisonName>;
  readonly low?: Maybe<number | string>;
  readonly high?: Maybe<number | string>;
  readonly target?: Maybe<number | string>;
  /** Default: what value and limits say, else `done`. */
  readonly outcome?: Maybe<StepOutcome>;
};

/** One of several measurements of a step. */
export type MeasurementInput = MeasurementValue & {
  readonly name?: Maybe<string>;
  readonly kind?: Maybe<'numeric' | 'text' | 'boolean'>;
};

/** One axis or curve of a chart; null is a value that is no number. */
export type CurveInput = {
  readonly name?: Maybe<string>;
  readonly unit?: Maybe<string>;
  readonly values: readonly (number | null)[];
};

/** A chart. A curve with x values of its own carries them in `x`. */
export type SeriesInput = {
  readonly x: CurveInput;
  readonly y: readonly (CurveInput & { readonly x?: Maybe<readonly (number | null)[]> })[];
};

/** A file to keep beside the report: exactly one of `text`, `bytes` and `path` (a path is only named, never opened). */
export type AttachmentInput = {
  readonly name: string;
  readonly mediaType?: Maybe<string>;
  readonly description?: Maybe<string>;
  readonly text?: Maybe<string>;
  readonly bytes?: Maybe<Uint8Array>;
  readonly path?: Maybe<string>;
};

/** What a step says about itself, whatever it measures. */
export type StepFields = {
  readonly name: string;
  /** Default: the kind of its measurements, else `action`. */
  readonly kind?: Maybe<StepKind>;
  /** The file's own number for the step. */
  readonly id?: Maybe<number>;
  /** The file's own word for its type. */
  readonly nativeType?: Maybe<string>;
  readonly group?: Maybe<'setup' | 'main' | 'cleanup'>;
  /** Default: follows from measurements and children, else `done`. */
  readonly outcome?: Maybe<StepOutcome>;
  /** The file's own word, where the mapping is not obvious. */
  readonly nativeOutcome?: Maybe<string>;
  /** RFC 3339 with offset. */
  readonly startedAt?: Maybe<string>;
  readonly durationS?: Maybe<number>;
  readonly text?: Maybe<string>;
  readonly error?: Maybe<ErrorInput>;
  readonly causedFailure?: Maybe<boolean>;
  readonly loop?: Maybe<{
    readonly index?: Maybe<number>;
    readonly count?: Maybe<number>;
    readonly passed?: Maybe<number>;
    readonly failed?: Maybe<number>;
  }>;
  readonly retry?: Maybe<{ readonly attempt: number; readonly of?: Maybe<number> }>;
  /** Several measurements; instead of `value` and its limits. */
  readonly measurements?: Maybe<readonly MeasurementInput[]>;
  readonly series?: Maybe<SeriesInput>;
  readonly attachments?: Maybe<readonly AttachmentInput[]>;
  /** Anything else, under a name of your own. */
  readonly extensions?: Maybe<{ readonly [namespace: string]: JsonValue }>;
};

/** A step, with one measurement in short form or several in `measurements`. */
export type StepInput = StepFields & MeasurementValue;

/** A step that has children. `kind` is `sequence` unless said otherwise. */
export type SequenceInput = StepInput;

/** One sub-unit; in a repair, index 0 is the unit itself. */
export type SubUnitInput = {
  readonly index?: Maybe<number>;
  readonly parent?: Maybe<number>;
  readonly type?: Maybe<string>;
  readonly partNumber?: Maybe<string>;
  readonly serialNumber?: Maybe<string>;
  readonly revision?: Maybe<string>;
};

/** A note with a name. */
export type MiscInput = { readonly name: string; readonly text?: Maybe<string>; readonly number?: Maybe<number> };

/** Equipment that was used. */
export type AssetInput = {
  readonly serialNumber: string;
  readonly type?: Maybe<string>;
  readonly usage?: Maybe<number>;
};

/** One failure that a repair found. */
export type FailureInput = {
  readonly category?: Maybe<string>;
  readonly code?: Maybe<string>;
  readonly componentRef?: Maybe<string>;
  readonly functionBlock?: Maybe<string>;
  readonly refStepId?: Maybe<number>;
  readonly subUnit?: Maybe<number>;
  readonly article?: Maybe<{
    readonly number?: Maybe<string>;
    readonly revision?: Maybe<string>;
    readonly vendor?: Maybe<string>;
    readonly description?: Maybe<string>;
  }>;
  readonly comment?: Maybe<string>;
};

/** A process or test operation. */
export type ProcessInput = { readonly code?: Maybe<number>; readonly name?: Maybe<string> };

/** What is known when a report begins. Identity that the file lacks stays null; the station is filled in by the daemon. */
export type ReportInput = {
  /** Default: `repair` when `repair` is given, else `test`. */
  readonly kind?: Maybe<'test' | 'repair'>;
  /** UUID that the file itself gives to the report. */
  readonly fileId?: Maybe<string>;
  /** What tells this report from the others of the same file; default: its index. */
  readonly key?: Maybe<string>;
  /** Default: follows from the root. */
  readonly outcome?: Maybe<Outcome>;
  readonly partNumber?: Maybe<string>;
  readonly serialNumber?: Maybe<string>;
  readonly revision?: Maybe<string>;
  readonly batch?: Maybe<string>;
  readonly subUnits?: Maybe<readonly SubUnitInput[]>;
  readonly process?: Maybe<ProcessInput>;
  readonly station?: Maybe<{
    readonly name?: Maybe<string>;
    readonly location?: Maybe<string>;
    readonly purpose?: Maybe<string>;
    readonly fixture?: Maybe<string>;
    readonly socket?: Maybe<number | string>;
  }>;
  readonly operator?: Maybe<string>;
  readonly comment?: Maybe<string>;
  /** RFC 3339 with offset. */
  readonly startedAt?: Maybe<string>;
  readonly durationS?: Maybe<number>;
  readonly error?: Maybe<ErrorInput>;
  /** The file's own top sequence; default: a sequence named after the file. */
  readonly root?: Maybe<SequenceInput>;
  readonly misc?: Maybe<readonly MiscInput[]>;
  readonly assets?: Maybe<readonly AssetInput[]>;
  readonly repair?: Maybe<{
    readonly refReport?: Maybe<string>;
    readonly testProcess?: Maybe<ProcessInput>;
    readonly confirmedAt?: Maybe<string>;
    readonly finalizedAt?: Maybe<string>;
    readonly failures?: Maybe<readonly FailureInput[]>;
  }>;
  readonly attachments?: Maybe<readonly AttachmentInput[]>;
  readonly extensions?: Maybe<{ readonly [namespace: string]: JsonValue }>;
};

/** What is known when a report or a sequence ends. */
export type FinishInput = {
  readonly outcome?: Maybe<Outcome>;
  readonly durationS?: Maybe<number>;
  readonly error?: Maybe<ErrorInput>;
};
