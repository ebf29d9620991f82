// Reads submissions and reports for people and programs; every query knows whose rows the viewer may see.

import type { ReportId, SubmissionId } from '../core/ids.ts';
import { DELIVERY_STATES_WORST_FIRST, type DeliveryState, type SubmissionState } from '../core/states.ts';
import type { StoreContext } from './context.ts';
import { parseCursor, toCursor } from './cursor.ts';
import type { Row, SqlParameters } from './database.ts';
import type { FoundReport } from './placed-end.ts';
import { readNumber, readText, readTextOrNull, toDeliveryRow, toReportRow, toSubmissionRow } from './rows.ts';
import type { Page, PageOptions, ReportRow, SubmissionRow, Viewer } from './types.ts';

type Reader = Pick<StoreContext, 'database'>;

const REPORT_COLUMNS =
  'r.*, owner.id AS submission_id FROM report AS r JOIN submission AS owner ON owner.seq = r.submission';
const PRODUCED_BY_KID = `EXISTS (SELECT 1 FROM produced AS p JOIN submission AS s ON s.seq = p.submission
  WHERE p.report = r.seq AND s.kid = :kid)`;

const PRODUCED_BY_SUBMISSION = `r.seq IN (SELECT p.report FROM produced AS p JOIN submission AS s ON s.seq = p.submission
  WHERE s.id = :submission)`;

// Null = this condition was not asked for.
const when = (value: string | null, condition: string): string | null => (value === null ? null : condition);

function whereOf(conditions: readonly (string | null)[]): string {
  return conditions.filter((condition) => condition !== null).join(' AND ');
}

function toPage<T>(rows: readonly Row[], limit: number, toItem: (row: Row) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items: shown.map(toItem), nextCursor: hasMore ? toCursor(readNumber(last, 'seq')) : null };
}

function toFullReport({ database }: Reader, row: Row, body: string | null): ReportRow {
  const report = readNumber(row, 'seq');
  const deliveries = database.all('SELECT * FROM delivery WHERE report = :report ORDER BY destination', { report });
  return toReportRow(row, { deliveries: deliveries.map(toDeliveryRow), body });
}

/** One submission with its reports (without bodies), or null when there is none or the viewer may not see it. */
export function getSubmission(
  reader: Reader,
  submissionId: SubmissionId,
  { kid }: Viewer,
): (SubmissionRow & { readonly reports: readonly ReportRow[] }) | null {
  const { database } = reader;
  const row = database.get('SELECT * FROM submission WHERE id = :id AND (:kid IS NULL OR kid = :kid)', {
    id: submissionId,
    kid,
  });
  if (row === undefined) return null;
  const reports = database.all(
    `SELECT ${REPORT_COLUMNS} JOIN produced AS p ON p.report = r.seq WHERE p.submission = :submission ORDER BY r.seq`,
    { submission: readNumber(row, 'seq') },
  );
  return { ...toSubmissionRow(row), reports: reports.map((report) => toFullReport(reader, report, null)) };
}

/**
 * Submissions, newest first.
 *
 * @throws {AirlockError} invalid_params when the cursor is unreadable.
 */
export function listSubmissions(
  { database }: Reader,
  { kid }: Viewer,
  { limit, cursor, state }: PageOptions & { readonly state: SubmissionState | null },
): Page<SubmissionRow> {
  const where = whereOf(['seq < :before', when(kid, 'kid = :kid'), when(state, 'state = :state')]);
  const parameters: SqlParameters = { before: parseCursor(cursor), limit: limit + 1, ...(kid !== null && { kid }) };
  const rows = database.all(`SELECT * FROM submission WHERE ${where} ORDER BY seq DESC LIMIT :limit`, {
    ...parameters,
    ...(state !== null && { state }),
  });
  return toPage(rows, limit, toSubmissionRow);
}

/** The newest revision of a report with its body, or the file of it; null when there is none or the viewer may not see it. */
export function getReport(reader: Reader, reportId: ReportId, { kid }: Viewer): FoundReport | null {
  const where = whereOf(['r.id = :id', when(kid, PRODUCED_BY_KID)]);
  const row = reader.database.get(`SELECT ${REPORT_COLUMNS} WHERE ${where} ORDER BY r.revision DESC LIMIT 1`, {
    id: reportId,
    ...(kid !== null && { kid }),
  });
  if (row === undefined) return null;
  const body = reader.database.get('SELECT body, file FROM report_body WHERE report = :report', {
    report: readNumber(row, 'seq'),
  });
  const file = body === undefined ? null : readTextOrNull(body, 'file');
  if (file !== null) return { ...toFullReport(reader, row, null), stored: { file, sha256: readText(row, 'sha256') } };
  return toFullReport(reader, row, body === undefined ? null : readText(body, 'body'));
}

// A report's state is the worst of its deliveries; none at all is `delivered`.
function worstIs(state: DeliveryState): string {
  const worse = DELIVERY_STATES_WORST_FIRST.slice(0, DELIVERY_STATES_WORST_FIRST.indexOf(state));
  const deliveryIn = (states: readonly string[]): string =>
    `EXISTS (SELECT 1 FROM delivery AS d WHERE d.report = r.seq AND d.state IN (${states.map((name) => `'${name}'`).join(', ')}))`;
  return whereOf([
    state === 'delivered' ? null : deliveryIn([state]),
    worse.length === 0 ? null : `NOT ${deliveryIn(worse)}`,
  ]);
}

/**
 * Reports without their bodies, newest first.
 *
 * @throws {AirlockError} invalid_params when the cursor is unreadable.
 */
export function listReports(
  reader: Reader,
  { kid }: Viewer,
  options: PageOptions & { readonly state: DeliveryState | null; readonly submissionId: SubmissionId | null },
): Page<ReportRow> {
  const { limit, cursor, state, submissionId } = options;
  const where = whereOf([
    'r.seq < :before',
    when(kid, PRODUCED_BY_KID),
    state === null ? null : worstIs(state),
    when(submissionId, PRODUCED_BY_SUBMISSION),
  ]);
  const rows = reader.database.all(`SELECT ${REPORT_COLUMNS} WHERE ${where} ORDER BY r.seq DESC LIMIT :limit`, {
    before: parseCursor(cursor),
    limit: limit + 1,
    ...(kid !== null && { kid }),
    ...(submissionId !== null && { submission: submissionId }),
  });
  return toPage(rows, limit, (row) => toFullReport(reader, row, null));
}
