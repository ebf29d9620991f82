// The only place where a state is written: asks the tables, writes the row, keeps the count, notes the announcement.

import type { DeliveryEventState, DeliveryState, SubmissionEventState, SubmissionState } from '../core/states.ts';
import { dropAttachments } from './attachments.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import {
  readDeliveryState,
  readKid,
  readNumber,
  readReportId,
  readSubmissionId,
  readSubmissionState,
  readText,
  readTextOrNull,
} from './rows.ts';
import { rememberEnd } from './seen-files.ts';
import { assertChangeAllowed, isSubmissionCounted } from './states.ts';
import type { FailureRecord } from './types.ts';

/** Where a submission goes. What is left out becomes null. */
export type SubmissionTarget = {
  readonly state: SubmissionState;
  readonly reason?: string | null;
  readonly dueUnixMs?: number | null;
  readonly failure?: FailureRecord | null;
};

/** Where a delivery goes. What is left out becomes null. */
export type DeliveryTarget = {
  readonly state: DeliveryState;
  readonly reason?: string | null;
  readonly dueUnixMs?: number | null;
};

/** Columns that {@link changeDelivery} needs, for any query on `delivery AS d`, which leads the search. */
export const DELIVERY_CHANGE_COLUMNS =
  'd.*, r.submission AS submission, s.kid AS kid, s.id AS submission_id FROM delivery AS d ' +
  'CROSS JOIN report AS r ON r.seq = d.report CROSS JOIN submission AS s ON s.seq = r.submission';

/**
 * Move a submission.
 *
 * @param row - All its columns as they are stored now.
 * @throws {Error} when the change is not allowed: a bug of the caller.
 */
export function changeSubmission(
  context: StoreContext,
  row: Row,
  { to, nowUnixMs }: CallTime & { readonly to: SubmissionTarget },
): void {
  const { database, ledger } = context;
  const from = readSubmissionState(row);
  assertChangeAllowed({ kind: 'submission', from, to: to.state });
  const { reason = null, dueUnixMs = null, failure = null } = to;
  database.run(
    `UPDATE submission SET state = :state, reason = :reason, due = :due, failure = :failure, ended_at = :ended
     WHERE seq = :seq`,
    {
      seq: readNumber(row, 'seq'),
      state: to.state,
      reason,
      due: dueUnixMs,
      failure: failure === null ? null : JSON.stringify(failure),
      ended: isSubmissionCounted(to.state) ? null : nowUnixMs,
    },
  );
  if (!isSubmissionCounted(to.state)) {
    const outcome = to.state === 'converted' || to.state === 'skipped' ? 'done' : 'failed';
    const submissionId = readSubmissionId(row, 'id');
    const converter = converterOf(row);
    rememberEnd(context, { submissionId, outcome, converter, failure }, { nowUnixMs });
  }
  ledger.addItems(Number(isSubmissionCounted(to.state)) - Number(isSubmissionCounted(from)));
  noteSubmission(context, row, { state: to.state, reason });
}

const converterOf = (row: Row): string | null =>
  readTextOrNull(row, 'converter_name') ?? readTextOrNull(row, 'wanted_converter');

/**
 * Note the announcement of a submission's state.
 *
 * @param row - All its columns.
 */
export function noteSubmission(
  { ledger }: StoreContext,
  row: Row,
  { state, reason }: { readonly state: SubmissionEventState; readonly reason: string | null },
): void {
  ledger.note({
    kind: 'submission',
    kid: readKid(row),
    submissionId: readSubmissionId(row, 'id'),
    state,
    name: readText(row, 'name'),
    converter: converterOf(row),
    reason,
  });
}

/**
 * Move a delivery; its report stops counting, and its body and attachments go, with the last delivery that is delivered.
 *
 * @param row - Columns of {@link DELIVERY_CHANGE_COLUMNS} as they are stored now.
 * @throws {Error} when the change is not allowed: a bug of the caller.
 */
export function changeDelivery(context: StoreContext, row: Row, to: DeliveryTarget): void {
  assertChangeAllowed({ kind: 'delivery', from: readDeliveryState(row), to: to.state });
  const { reason = null, dueUnixMs = null } = to;
  context.database.run('UPDATE delivery SET state = :state, reason = :reason, due = :due WHERE seq = :seq', {
    seq: readNumber(row, 'seq'),
    state: to.state,
    reason,
    due: dueUnixMs,
  });
  noteDelivery(context, row, { state: to.state, reason });
  if (to.state === 'delivered') settleReport(context, readNumber(row, 'report'));
}

/**
 * Note the announcement of a delivery's state.
 *
 * @param row - `kid`, `submission_id`, `report_id` and `destination`.
 */
export function noteDelivery(
  { ledger }: StoreContext,
  row: Row,
  { state, reason }: { readonly state: DeliveryEventState; readonly reason: string | null },
): void {
  ledger.note({
    kind: 'report',
    kid: readKid(row),
    submissionId: readSubmissionId(row, 'submission_id'),
    reportId: readReportId(row, 'report_id'),
    state,
    destination: readText(row, 'destination'),
    reason,
  });
}

/**
 * Stop counting a report and drop its body and attachments if none of its deliveries is open any more.
 *
 * @param report - Its row number; it counted until now.
 */
export function settleReport(context: StoreContext, report: number): void {
  const { database, ledger } = context;
  const open = database.get("SELECT 1 FROM delivery WHERE report = :report AND state <> 'delivered' LIMIT 1", {
    report,
  });
  if (open !== undefined) return;
  ledger.addItems(-1);
  dropReportBody(context, report);
  dropAttachments(context, report);
  database.run('UPDATE report SET has_body = 0 WHERE seq = :report', { report });
}

function dropReportBody({ database, ledger }: StoreContext, report: number): void {
  const row = database.get('SELECT size FROM report WHERE seq = :report AND has_body = 1', { report });
  if (row !== undefined) ledger.addBytes(-readNumber(row, 'size'));
  const body = database.get('SELECT file FROM report_body WHERE report = :report AND file IS NOT NULL', { report });
  if (body !== undefined) ledger.unlinkLater(readText(body, 'file'));
  database.run('DELETE FROM report_body WHERE report = :report', { report });
}
