// How a conversion's end is written into the store. Pure.

import type { ConvertersConfig } from '../config/schema/root.ts';
import { assertNever } from '../core/assert-never.ts';
import type { ErrorCode } from '../core/errors.ts';
import { toReportId } from '../core/ids.ts';
import type { AssembledReport } from '../report/stamp.ts';
import type { LimitName } from '../sandbox/outcome.ts';
import type { FailureRecord, NewReport, SubmissionEnd, UsedConverter } from '../store/types.ts';
import type { ConversionEnd, ConversionResult } from './convert-one.ts';
import type { PassedConverter } from './registered.ts';

/** What decides about an end besides the end itself. */
export type EndContext = {
  /** Name of the file. */
  readonly name: string;
  readonly converter: UsedConverter | null;
  /** Conversions begun, this one included. */
  readonly attempt: number;
  readonly retryLater: ConvertersConfig['retryLater'];
  /** Names of the destinations that a report goes to. */
  readonly destinationsFor: (report: AssembledReport) => readonly string[];
};

type EndState = SubmissionEnd extends infer End
  ? End extends SubmissionEnd
    ? Omit<End, 'converter' | 'log' | 'warnings'>
    : never
  : never;

/** Code by limit. `converter_memory` is everything that grows; `too_large` could never fit. */
const CODE_OF_LIMIT = {
  wall: 'converter_timeout',
  cpu: 'converter_timeout',
  load: 'converter_timeout',
  promise: 'converter_timeout',
  heap: 'converter_memory',
  memory: 'converter_memory',
  output: 'converter_memory',
  steps: 'converter_memory',
  reports: 'converter_memory',
  input: 'too_large',
} as const satisfies Record<LimitName, ErrorCode>;

const AFTER_MIN_MS = 1_000;
const AFTER_MAX_MS = 24 * 3_600_000;

/**
 * How long a suspended submission waits.
 *
 * @param afterMs - What the converter asked for, clamped to 1 s … 24 h; null = doubling from `first` to `max`.
 * @param attempt - Conversions begun, ≥ 1.
 * @param retryLater - `converters.retryLater`.
 * @returns Milliseconds.
 */
export function retryDelayMs(
  afterMs: number | null,
  attempt: number,
  { first, max }: Pick<ConvertersConfig['retryLater'], 'first' | 'max'>,
): number {
  if (afterMs !== null) return Math.min(Math.max(afterMs, AFTER_MIN_MS), AFTER_MAX_MS);
  return Math.min(first * 2 ** (attempt - 1), max);
}

function toNewReport(report: AssembledReport, destinations: readonly string[]): NewReport {
  const { reportId, kind, outcome, partNumber, serialNumber, body, attachments } = report;
  return { reportId: toReportId(reportId), kind, outcome, partNumber, serialNumber, body, attachments, destinations };
}

function toSuspension(end: Extract<ConversionEnd, { kind: 'suspended' }>, context: EndContext): EndState {
  const { attempt, retryLater, name } = context;
  if (attempt < retryLater.attempts) {
    return { state: 'suspended', reason: end.reason, afterMs: retryDelayMs(end.afterMs, attempt, retryLater) };
  }
  const message = `Cannot convert ${name}: the converter asked for a later try ${attempt} times, which is the limit; the last reason was: ${end.reason}`;
  return { state: 'failed', failure: { code: 'converter_failed', message } };
}

/** An end that is the converter's fault, or a limit's. */
export type BrokenEnd = Extract<ConversionEnd, { readonly kind: 'failed' | 'stopped' | 'crashed' }>;

/**
 * What is written down about it.
 *
 * @param end - How the conversion ended.
 * @param name - Name of the file.
 */
export function toFailure(end: BrokenEnd, name: string): FailureRecord {
  switch (end.kind) {
    case 'failed': {
      const { file, line, column, message } = end.error;
      const text = `Cannot convert ${name}: the converter threw ${end.error.name}: ${message}`;
      return { code: 'converter_failed', message: text, file, line, column };
    }
    case 'stopped': {
      const { limit, used, allowed } = end;
      const message = `Cannot convert ${name}: the limit "${limit}" is reached, ${used} of ${allowed}`;
      return { code: CODE_OF_LIMIT[limit], message, limit, used, allowed };
    }
    case 'crashed':
      return { code: 'converter_crashed', message: `Cannot convert ${name}: the runner process died (${end.signal})` };
    default:
      return assertNever(end);
  }
}

function toRejection(end: Extract<ConversionEnd, { kind: 'rejected' }>, name: string): EndState {
  const { reason, line, column } = end;
  const failure: FailureRecord = { code: 'request_failed', message: `Cannot convert ${name}: ${reason}`, line, column };
  return { state: 'rejected', failure };
}

function toState(end: ConversionEnd, context: EndContext): EndState {
  const { name, destinationsFor } = context;
  switch (end.kind) {
    case 'converted':
      return {
        state: 'converted',
        reports: end.reports.map((report) => toNewReport(report, destinationsFor(report))),
      };
    case 'skipped':
      return { state: 'skipped', reason: end.reason };
    case 'rejected':
      return toRejection(end, name);
    case 'suspended':
      return toSuspension(end, context);
    case 'failed':
    case 'stopped':
    case 'crashed':
      return { state: end.kind, failure: toFailure(end, name) };
    case 'waiting':
      return { state: 'waiting', reason: end.reason, message: end.message };
    default:
      return assertNever(end);
  }
}

/**
 * Put a conversion's result into the words of the store.
 *
 * @param result - As `convertOne` gave it.
 * @param context - What else decides.
 */
export function toSubmissionEnd(result: Omit<ConversionResult, 'used'>, context: EndContext): SubmissionEnd {
  const { log, warnings } = result;
  return { converter: context.converter, log, warnings, ...toState(result.end, context) };
}

/**
 * A converter as it is written down.
 *
 * @param converter - The one that worked.
 */
export function toUsed({ name, checked }: PassedConverter): UsedConverter {
  return { name, version: checked.manifest.version, sha256: checked.sha256 };
}

/**
 * The end of a submission that no converter may take.
 *
 * @param name - Name of the file.
 * @param reason - Why, with what to do.
 */
export function toRefusedEnd(name: string, reason: string): SubmissionEnd {
  const failure = { code: 'converter_refused', message: `Cannot convert ${name}: ${reason}` } satisfies FailureRecord;
  return { converter: null, log: [], warnings: [], state: 'rejected', failure };
}

/**
 * The end of a submission that met a bug of ours; the log has the rest.
 *
 * @param name - Name of the file.
 */
export function toBrokenEnd(name: string): SubmissionEnd {
  const message = `Cannot convert ${name}: a part of the daemon failed; its log has the details`;
  return { converter: null, log: [], warnings: [], state: 'failed', failure: { code: 'internal', message } };
}

/** Given back untouched: the daemon stops, or no runner can be started. */
export const GIVEN_BACK: SubmissionEnd = { converter: null, log: [], warnings: [], state: 'received' };
