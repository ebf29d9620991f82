// The conversion loop's side of the store: claim a submission, end it, wake those that wait.

import { assertNever } from '../core/assert-never.ts';
import { AirlockError } from '../core/errors.ts';
import type { SubmissionId } from '../core/ids.ts';
import type { WaitingReason } from '../core/states.ts';
import { type Bodies, readBodies } from './bodies.ts';
import { changeSubmission, type SubmissionTarget } from './change.ts';
import { failDamaged } from './damaged.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { isPausedSql } from './pauses.ts';
import type { PlacedEnd } from './placed-end.ts';
import { storeReport } from './reports.ts';
import { readJson, readKid, readNumber, readNumberOrNull, readSubmissionId, readText, readTextOrNull } from './rows.ts';
import type { Claim, ClaimedSubmission } from './types.ts';

const NEXT_RECEIVED = `SELECT * FROM submission WHERE state = 'received' ORDER BY rank, seq LIMIT 1`;
const NEXT_DUE = `SELECT * FROM submission WHERE state = 'suspended' AND due <= :now ORDER BY due, seq LIMIT 1`;

function toClaimed(row: Row, bodies: Bodies): ClaimedSubmission {
  return {
    submissionId: readSubmissionId(row, 'id'),
    kid: readKid(row),
    name: readText(row, 'name'),
    ...bodies,
    sha256: readText(row, 'sha256'),
    receivedAtUnixMs: readNumber(row, 'received_at'),
    converter: readTextOrNull(row, 'wanted_converter'),
    arguments: readJson(row, 'arguments'),
    attempt: readNumber(row, 'attempts') + 1,
  };
}

// Free disk is announced by nobody: so often it is looked at.
const OVER_LIMIT_LOOK_MS = 1_000;

const UPLOADABLE = `SELECT 1 FROM delivery AS d WHERE d.state IN ('ready', 'inflight', 'deferred')
  AND NOT EXISTS (SELECT 1 FROM destination AS h WHERE h.name = d.destination AND h.state = 'held')
  AND NOT ${isPausedSql('d.destination')} LIMIT 1`;

/**
 * Results are always stored, so over a limit none are made while uploads can bring it down. With nothing to upload conversions go
 * on: what gives no report makes room as well.
 */
function isHeldBack({ database, ledger, limits, disk }: StoreContext): boolean {
  const { maxItems, maxBytes, diskFloorBytes } = limits;
  const isOver =
    (maxItems > 0 && ledger.items() > maxItems) ||
    (maxBytes > 0 && ledger.bytes() > maxBytes) ||
    (diskFloorBytes > 0 && disk.forRows() < diskFloorBytes);
  return isOver && database.get(UPLOADABLE) !== undefined;
}

function nextDueInMs({ database }: StoreContext, { nowUnixMs }: CallTime): number | null {
  const row = database.get("SELECT min(due) AS due FROM submission WHERE state = 'suspended'");
  const due = row === undefined ? null : readNumberOrNull(row, 'due');
  return due === null ? null : Math.max(1, due - nowUnixMs);
}

/**
 * Take the next submission to convert: `received` by rank, then `suspended` ones that are due. One whose raw file is not there
 * any more fails, and the next is looked at. Over a limit of the queue none is taken while anything can be uploaded.
 *
 * @param context - Inside a transaction.
 */
export function claimSubmission(context: StoreContext, time: CallTime): Claim<ClaimedSubmission> {
  const { database } = context;
  if (isHeldBack(context)) return { kind: 'none', nextDueInMs: OVER_LIMIT_LOOK_MS };
  for (;;) {
    const row = database.get(NEXT_RECEIVED) ?? database.get(NEXT_DUE, { now: time.nowUnixMs });
    if (row === undefined) return { kind: 'none', nextDueInMs: nextDueInMs(context, time) };
    const bodies = readBodies(context, row);
    if (bodies === null) {
      failDamaged(context, row, time);
      continue;
    }
    changeSubmission(context, row, { ...time, to: { state: 'converting' } });
    database.run('UPDATE submission SET attempts = attempts + 1 WHERE seq = :seq', { seq: readNumber(row, 'seq') });
    return { kind: 'claimed', item: toClaimed(row, bodies) };
  }
}

function toTarget(end: PlacedEnd, { nowUnixMs }: CallTime): SubmissionTarget {
  switch (end.state) {
    case 'converted':
    case 'received':
      return { state: end.state };
    case 'skipped':
      return { state: 'skipped', reason: end.reason };
    case 'rejected':
    case 'failed':
    case 'stopped':
    case 'crashed':
      return { state: end.state, reason: end.failure.code, failure: end.failure };
    case 'suspended':
      return { state: 'suspended', reason: end.reason, dueUnixMs: nowUnixMs + end.afterMs };
    case 'waiting':
      return {
        state: 'waiting',
        reason: end.reason,
        failure: { code: 'converter_refused', message: end.message },
      };
    default:
      return assertNever(end);
  }
}

function writeTrace({ database }: StoreContext, seq: number, end: PlacedEnd): void {
  // No conversion took place where the file was given back or has to wait: neither charges an attempt.
  const uncharged = end.state === 'received' || end.state === 'waiting' ? 1 : 0;
  database.run(
    `UPDATE submission SET converter_name = :name, converter_version = :version, converter_sha256 = :sha256,
       warnings = :warnings, log = :log, attempts = attempts - :uncharged
     WHERE seq = :seq`,
    {
      seq,
      name: end.converter?.name ?? null,
      version: end.converter?.version ?? null,
      sha256: end.converter?.sha256 ?? null,
      warnings: JSON.stringify(end.warnings),
      log: JSON.stringify(end.log),
      uncharged,
    },
  );
}

/**
 * End a claimed submission: its reports appear and its state changes together.
 *
 * @param context - Inside a transaction.
 * @throws {AirlockError} not_found when there is no such submission.
 */
export function endSubmission(
  context: StoreContext,
  submissionId: SubmissionId,
  { end, ...time }: CallTime & { readonly end: PlacedEnd },
): void {
  const { database } = context;
  const find = (): Row | undefined => database.get('SELECT * FROM submission WHERE id = :id', { id: submissionId });
  const claimed = find();
  if (claimed === undefined)
    throw new AirlockError('not_found', `Cannot end submission ${submissionId}: it is unknown`);
  writeTrace(context, readNumber(claimed, 'seq'), end);
  const submission = find() ?? claimed;
  // Order: announced as converted first, then its reports.
  changeSubmission(context, submission, { ...time, to: toTarget(end, time) });
  const reports = end.state === 'converted' ? end.reports : [];
  for (const [index, report] of reports.entries()) storeReport(context, report, { ...time, submission, index });
  // What was asked for was asked for this conversion; one that is put off is still to come.
  if (end.state === 'received' || end.state === 'waiting' || end.state === 'suspended') return;
  database.run('DELETE FROM resend WHERE submission = :seq', { seq: readNumber(claimed, 'seq') });
}

/**
 * `waiting` submissions with one of these reasons become `received` again.
 *
 * @param context - Inside a transaction.
 * @returns How many.
 */
export function wakeWaiting(context: StoreContext, reasons: readonly WaitingReason[], time: CallTime): number {
  const rows = context.database
    .all("SELECT * FROM submission WHERE state = 'waiting' ORDER BY seq")
    .filter((row) => reasons.some((reason) => reason === row['reason']));
  for (const row of rows) changeSubmission(context, row, { ...time, to: { state: 'received' } });
  return rows.length;
}
