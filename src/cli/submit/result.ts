// What became of each file, as `submit` tells it, and the exit code that follows. Pure.

import { type AirlockError, ERROR_CODES, EXIT_PARTIAL } from '../../core/errors.ts';
import { type DeliveryState, isDeliveryOpen, isSubmissionOpen, type SubmissionState } from '../../core/states.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { submissionGet } from '../../protocol/methods/submission-get.ts';
import { type ErrorDocument, toErrorDocument } from '../output.ts';

type Submission = ResultOf<typeof submissionGet>;

/** One line of `submit --json`; pinned. Source: operators.md 2. */
export type SubmitLine = {
  readonly file: string;
  readonly submissionId: string | null;
  readonly state: SubmissionState | 'refused';
  readonly converter: { readonly name: string; readonly version: string } | null;
  readonly reports: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly state: string;
    readonly destination: string | null;
  }[];
  readonly warnings: readonly string[];
  /** It was taken in before, under the same idempotency key: nothing new was made of it. */
  readonly duplicate?: true;
  readonly error?: ErrorDocument;
};

/** Where a report goes and how far it has come; no destination: it matched none. */
type Target = { readonly destination: string | null; readonly state: DeliveryState };

/** What became of a file, for the exit code; `partly`: some of its deliveries are delivered, the others never will be. */
export type SubmitEnd = 'done' | 'partly' | 'open' | 'failed' | 'refused';

/**
 * The line of a file that was not taken in.
 *
 * @param file - As the user named it.
 * @param error - Why.
 */
export function toRefusedLine(file: string, error: AirlockError): SubmitLine {
  return {
    file,
    submissionId: null,
    state: 'refused',
    converter: null,
    reports: [],
    warnings: [],
    error: toErrorDocument(error),
  };
}

/**
 * The line of a file that was taken in, as far as it has come.
 *
 * @param file - As the user named it.
 * @param submission - Answer of `submission/get`.
 */
export function toSubmitLine(file: string, submission: Submission): SubmitLine {
  const { failure } = submission;
  return {
    file,
    submissionId: submission.submissionId,
    state: submission.state,
    converter: submission.converter,
    reports: submission.reports.flatMap(({ id, outcome, state: worst, deliveries }) => {
      const targets: readonly Target[] = deliveries.length === 0 ? [{ destination: null, state: worst }] : deliveries;
      return targets.map(({ destination, state }) => ({ id, outcome, state, destination }));
    }),
    warnings: submission.warnings,
    ...(failure === null ? {} : { error: { code: failure.code, message: failure.message, retryable: false } }),
  };
}

function endOfDeliveries(states: readonly DeliveryState[]): SubmitEnd {
  // Order: one that is dead must not hide another that goes on.
  if (states.some((state) => isDeliveryOpen(state) || state === 'held')) return 'open';
  if (states.every((state) => state === 'delivered')) return 'done';
  return states.includes('delivered') ? 'partly' : 'failed';
}

/**
 * How far a submission has come: `done` = every report delivered everywhere, or skipped; `open` = it goes on by itself, or waits,
 * also where only one delivery of many does.
 *
 * @param submission - Answer of `submission/get`.
 */
export function endOf(submission: Submission): SubmitEnd {
  const { state, reports } = submission;
  if (state === 'skipped') return 'done';
  if (state === 'converted')
    return endOfDeliveries(reports.flatMap(({ deliveries }) => deliveries.map((one) => one.state)));
  return isSubmissionOpen(state) || state === 'waiting' || state === 'suspended' ? 'open' : 'failed';
}

/**
 * Exit code of `submit --wait`: 0 all delivered or skipped, 2 some, 65 none, 75 (or the first refusal's) when none was taken,
 * 124 when something is still open. Source: operators.md 2.
 *
 * @param ends - One per file.
 * @param firstRefusal - Error of the first file that was not taken, or null.
 */
export function exitCodeOf(ends: readonly SubmitEnd[], firstRefusal: AirlockError | null): number {
  if (ends.length > 0 && ends.every((end) => end === 'refused'))
    return firstRefusal?.exitCode ?? ERROR_CODES.queue_full.exit;
  if (ends.includes('open')) return ERROR_CODES.deadline_exceeded.exit;
  if (ends.every((end) => end === 'done')) return 0;
  return ends.includes('done') || ends.includes('partly') ? EXIT_PARTIAL : ERROR_CODES.converter_failed.exit;
}
