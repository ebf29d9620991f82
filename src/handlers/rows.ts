// Store rows as the wire shows them.

import { worstDeliveryState } from '../core/states.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { reportGet } from '../protocol/methods/report-get.ts';
import type { submissionGet } from '../protocol/methods/submission-get.ts';
import type { QueuedDelivery } from '../store/queue-types.ts';
import type { ReportRow, SubmissionRow } from '../store/types.ts';

type SubmissionResult = ResultOf<typeof submissionGet>;
type ReportResult = ResultOf<typeof reportGet>;

/**
 * A wall-clock time as the wire writes it: RFC 3339, UTC, milliseconds.
 *
 * @param unixMs - Milliseconds since 1970 UTC.
 */
export const toTime = (unixMs: number): string => new Date(unixMs).toISOString();

/**
 * As {@link toTime}, null where there is no time.
 *
 * @param unixMs - Milliseconds since 1970 UTC, or null.
 */
export const toTimeOrNull = (unixMs: number | null): string | null => (unixMs === null ? null : toTime(unixMs));

/** A submission as lists show it. */
export function toSubmissionSummary(row: SubmissionRow) {
  return {
    submissionId: row.submissionId,
    name: row.name,
    state: row.state,
    reason: row.reason,
    bytes: row.bytes,
    sha256: row.sha256,
    receivedAt: toTime(row.receivedAtUnixMs),
    converter: row.converter === null ? null : { name: row.converter.name, version: row.converter.version },
  };
}

/** A submission in full, with the reports it became. */
export function toSubmission(row: SubmissionRow & { readonly reports: readonly ReportRow[] }): SubmissionResult {
  return {
    ...toSubmissionSummary(row),
    kid: row.kid,
    attempts: row.attempts,
    dueAt: toTimeOrNull(row.dueUnixMs),
    failure: row.failure,
    reports: row.reports.map((report) => ({
      id: report.reportId,
      outcome: report.outcome,
      state: worstDeliveryState(report.deliveries.map(({ state }) => state)),
      destinations: report.deliveries.map(({ destination }) => destination),
      deliveries: report.deliveries.map(({ destination, state }) => ({ destination, state })),
    })),
    warnings: [...row.warnings],
    log: row.log.map((line) => ({ ...line })),
  };
}

/** A report as lists show it; its state is the worst of its deliveries. */
export function toReportSummary(row: ReportRow) {
  return {
    reportId: row.reportId,
    submissionId: row.submissionId,
    revision: row.revision,
    state: worstDeliveryState(row.deliveries.map(({ state }) => state)),
    kind: row.kind,
    outcome: row.outcome,
    partNumber: row.partNumber,
    serialNumber: row.serialNumber,
    bytes: row.bytes,
    createdAt: toTime(row.createdAtUnixMs),
  };
}

/** A report in full, with the fate of each of its deliveries. */
export function toReport(row: ReportRow): ReportResult {
  return {
    ...toReportSummary(row),
    report: row.body === null ? null : JSON.parse(row.body),
    deliveries: row.deliveries.map((delivery) => ({
      destination: delivery.destination,
      state: delivery.state,
      attempts: delivery.attempts,
      tries: delivery.tries,
      dueAt: toTimeOrNull(delivery.dueUnixMs),
      lastError: delivery.lastError,
      answer: delivery.answer,
      deliveredAt: toTimeOrNull(delivery.deliveredAtUnixMs),
      serverId: delivery.serverId,
    })),
  };
}

/** A delivery as the queue shows it, named `reportId@destination`. */
export function toQueuedDelivery(row: QueuedDelivery) {
  const { reportId, destination } = row;
  return {
    id: `${reportId}@${destination}`,
    reportId,
    destination,
    submissionId: row.submissionId,
    revision: row.revision,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    tries: row.tries,
    dueAt: toTimeOrNull(row.dueUnixMs),
    lastError: row.lastError,
    answer: row.answer,
    createdAt: toTime(row.createdAtUnixMs),
    deliveredAt: toTimeOrNull(row.deliveredAtUnixMs),
    serverId: row.serverId,
  };
}
