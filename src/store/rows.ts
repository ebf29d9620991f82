// Reads columns of stored rows as typed values. Trust: only this room writes them.

import { type KeyId, type ReportId, type SubmissionId, toKeyId, toReportId, toSubmissionId } from '../core/ids.ts';
import { DELIVERY_STATES, type DeliveryState, SUBMISSION_STATES, type SubmissionState } from '../core/states.ts';
import type { Row } from './database.ts';
import type { DeliveryRow, ReportRow, SubmissionRow, UsedConverter } from './types.ts';

function unexpected(column: string, value: unknown): Error {
  return new Error(`Cannot read column ${column}: found ${value === null ? 'null' : typeof value}`);
}

/** A text column. */
export function readText(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unexpected(column, value);
  return value;
}

/** A whole number. */
export function readNumber(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw unexpected(column, value);
  return value;
}

/** A text column that may be null. */
export function readTextOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : readText(row, column);
}

/** A number that may be null. */
export function readNumberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : readNumber(row, column);
}

/** A blob. */
export function readBytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw unexpected(column, value);
  return value;
}

/** JSON that this room wrote from a `T`. */
export function readJson<T>(row: Row, column: string): T {
  const value: T = JSON.parse(readText(row, column));
  return value;
}

/** State of a submission row. */
export function readSubmissionState(row: Row): SubmissionState {
  const found = SUBMISSION_STATES.find((state) => state === row['state']);
  if (found === undefined) throw unexpected('state', row['state']);
  return found;
}

/** State of a delivery row. */
export function readDeliveryState(row: Row): DeliveryState {
  const found = DELIVERY_STATES.find((state) => state === row['state']);
  if (found === undefined) throw unexpected('state', row['state']);
  return found;
}

/** Column `kid`. */
export const readKid = (row: Row): KeyId => toKeyId(readText(row, 'kid'));
/** A column with a submission's id. */
export const readSubmissionId = (row: Row, column: string): SubmissionId => toSubmissionId(readText(row, column));
/** A column with a report's id. */
export const readReportId = (row: Row, column: string): ReportId => toReportId(readText(row, column));

function readConverter(row: Row): UsedConverter | null {
  const name = readTextOrNull(row, 'converter_name');
  if (name === null) return null;
  return { name, version: readText(row, 'converter_version'), sha256: readText(row, 'converter_sha256') };
}

/** All columns of `submission`. */
export function toSubmissionRow(row: Row): SubmissionRow {
  return {
    submissionId: readSubmissionId(row, 'id'),
    kid: readKid(row),
    name: readText(row, 'name'),
    state: readSubmissionState(row),
    reason: readTextOrNull(row, 'reason'),
    bytes: readNumber(row, 'size'),
    sha256: readText(row, 'sha256'),
    receivedAtUnixMs: readNumber(row, 'received_at'),
    converter: readConverter(row),
    attempts: readNumber(row, 'attempts'),
    dueUnixMs: readNumberOrNull(row, 'due'),
    failure: row['failure'] === null ? null : readJson(row, 'failure'),
    warnings: readJson(row, 'warnings'),
    log: readJson(row, 'log'),
  };
}

/** All columns of `delivery`. */
export function toDeliveryRow(row: Row): DeliveryRow {
  return {
    destination: readText(row, 'destination'),
    state: readDeliveryState(row),
    attempts: readNumber(row, 'attempts'),
    tries: readNumber(row, 'tries'),
    dueUnixMs: readNumberOrNull(row, 'due'),
    lastError: readTextOrNull(row, 'last_error'),
    answer: readTextOrNull(row, 'answer'),
    deliveredAtUnixMs: readNumberOrNull(row, 'delivered_at'),
    serverId: readTextOrNull(row, 'server_id'),
  };
}

/** All columns of `report`, with `submission_id`; `body` null where it was not asked for or is retired. */
export function toReportRow(
  row: Row,
  { deliveries, body }: { readonly deliveries: readonly DeliveryRow[]; readonly body: string | null },
): ReportRow {
  return {
    reportId: readReportId(row, 'id'),
    submissionId: readSubmissionId(row, 'submission_id'),
    revision: readNumber(row, 'revision'),
    kind: readText(row, 'kind'),
    outcome: readText(row, 'outcome'),
    partNumber: readTextOrNull(row, 'part_number'),
    serialNumber: readTextOrNull(row, 'serial_number'),
    bytes: readNumber(row, 'size'),
    createdAtUnixMs: readNumber(row, 'created_at'),
    body,
    deliveries,
  };
}
