// Stores the reports of a finished conversion: first revision, next revision, or unchanged.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DELIVERY_STATES_WORST_FIRST } from '../core/states.ts';
import { hash } from './hash.ts';
import { carryAttachments, insertAttachments } from './attachments.ts';
import { noteDelivery, settleReport } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { HELD_BY_PERSON } from './hand-holds.ts';
import { toPosition } from './rank.ts';
import { sendAgainTo, wantedAgain } from './resend.ts';
import { readNumber, readText } from './rows.ts';
import type { NewReport } from './types.ts';
import type { PlacedReport } from './placed-end.ts';

// What may still be replaced: anything but what was delivered, and what is on its way at this moment.
const REPLACEABLE = DELIVERY_STATES_WORST_FIRST.filter((state) => state !== 'delivered' && state !== 'inflight')
  .map((state) => `'${state}'`)
  .join(', ');

type Parent = CallTime & {
  /** All columns of the submission. */
  readonly submission: Row;
  /** From 0. */
  readonly index: number;
};

function insertDeliveries(
  context: StoreContext,
  { report, seq, held }: { readonly report: NewReport; readonly seq: number; readonly held: readonly string[] },
  { submission, index, nowUnixMs }: Parent,
): void {
  for (const destination of new Set(report.destinations)) {
    const isHeld = held.includes(destination);
    const state = isHeld ? 'held' : 'ready';
    const reason = isHeld ? HELD_BY_PERSON : null;
    context.database.run(
      `INSERT INTO delivery (report, report_id, destination, state, reason, rank, position, group_key, created_at)
       VALUES (:report, :id, :destination, :state, :reason, :rank, :position, :group, :now)`,
      {
        report: seq,
        id: report.reportId,
        destination,
        state,
        reason,
        rank: readNumber(submission, 'rank'),
        position: toPosition(readNumber(submission, 'seq'), index),
        group: submission['group_key'] ?? null,
        now: nowUnixMs,
      },
    );
    const row = { ...submission, submission_id: readText(submission, 'id'), report_id: report.reportId, destination };
    noteDelivery(context, row, { state, reason });
  }
}

/** The whole text: only a new revision needs it here, to see which attachments it still names. */
function readWhole({ payload }: StoreContext, { body, placed }: PlacedReport): string {
  return placed === undefined ? body : readFileSync(join(payload, placed.file), 'utf8');
}

function insertBody(
  context: StoreContext,
  { report, seq, last }: { readonly report: PlacedReport; readonly seq: number; readonly last: Row | undefined },
): void {
  const { body, attachments, placed } = report;
  context.ledger.addBytes(sizeOf(report));
  context.database.run('INSERT INTO report_body (report, body, file) VALUES (:seq, :body, :file)', {
    seq,
    body,
    file: placed?.file ?? null,
  });
  insertAttachments(context, seq, attachments);
  if (last === undefined) return;
  carryAttachments(context, readNumber(last, 'seq'), { report: seq, body: readWhole(context, report) });
}

const sizeOf = ({ body, placed }: PlacedReport): number => placed?.size ?? Buffer.byteLength(body);

function insertReport(
  context: StoreContext,
  { report, sha256, last }: { readonly report: PlacedReport; readonly sha256: string; readonly last: Row | undefined },
  { submission, nowUnixMs }: Parent,
): number {
  const { database } = context;
  const hasBody = report.destinations.length > 0;
  const { seq } = database.run(
    `INSERT INTO report
       (id, revision, submission, kind, outcome, part_number, serial_number, size, sha256, created_at, has_body)
     VALUES (:id, :revision, :submission, :kind, :outcome, :part, :serial, :size, :sha256, :now, :hasBody)`,
    {
      id: report.reportId,
      revision: last === undefined ? 1 : readNumber(last, 'revision') + 1,
      submission: readNumber(submission, 'seq'),
      kind: report.kind,
      outcome: report.outcome,
      part: report.partNumber,
      serial: report.serialNumber,
      size: sizeOf(report),
      sha256,
      now: nowUnixMs,
      hasBody: Number(hasBody),
    },
  );
  if (hasBody) insertBody(context, { report, seq, last });
  return seq;
}

/**
 * Drop a delivery that a newer revision replaces; a report that was never sent anywhere goes with its last delivery.
 *
 * @param delivery - Columns `seq` and `report`.
 */
export function dropReplaced(context: StoreContext, delivery: Row): void {
  const { database } = context;
  const report = readNumber(delivery, 'report');
  database.run('DELETE FROM delivery WHERE seq = :seq', { seq: readNumber(delivery, 'seq') });
  settleReport(context, report);
  database.run(
    'DELETE FROM report WHERE seq = :report AND NOT EXISTS (SELECT 1 FROM delivery WHERE report = :report)',
    {
      report,
    },
  );
}

/** @returns The destinations at which a person holds the report: its next revision is held there as well. */
function replaceUnsent(context: StoreContext, report: NewReport): readonly string[] {
  const held: string[] = [];
  for (const destination of new Set(report.destinations)) {
    const unsent = context.database.all(
      `SELECT seq, report, reason FROM delivery
       WHERE destination = :destination AND report_id = :id AND state IN (${REPLACEABLE})`,
      { destination, id: report.reportId },
    );
    if (unsent.some((delivery) => delivery['reason'] === HELD_BY_PERSON)) held.push(destination);
    for (const delivery of unsent) dropReplaced(context, delivery);
  }
  return held;
}

/** Nothing new came out; where a person asked for it, what is known goes out once more. */
function storeUnchanged(
  context: StoreContext,
  { report, last }: { readonly report: PlacedReport; readonly last: Row },
  { submission, nowUnixMs }: Parent,
): void {
  const { database, ledger } = context;
  const seq = readNumber(last, 'seq');
  const destinations = wantedAgain(context, readNumber(submission, 'seq'));
  const isRevived = destinations.length > 0 && last['has_body'] === 0;
  if (isRevived) {
    insertBody(context, { report, seq, last: undefined });
    database.run('UPDATE report SET has_body = 1 WHERE seq = :seq', { seq });
  } else if (report.placed !== undefined) ledger.unlinkLater(report.placed.file);
  sendAgainTo(context, last, { destinations, nowUnixMs });
}

/**
 * Store one report and its deliveries.
 *
 * The same id with the same bytes as its last revision adds nothing to be sent; with other bytes it is the next revision and
 * takes the place of what was not sent yet. The body names its attachments by their hashes: the same body has the same ones.
 *
 * @param parent - The submission it came from, being changed in the same transaction.
 */
export function storeReport(context: StoreContext, report: PlacedReport, parent: Parent): void {
  const { database, ledger } = context;
  const sha256 = report.placed?.sha256 ?? hash(report.body);
  const last = database.get('SELECT * FROM report WHERE id = :id ORDER BY revision DESC LIMIT 1', {
    id: report.reportId,
  });
  const isUnchanged = last !== undefined && readText(last, 'sha256') === sha256;
  const seq = isUnchanged ? readNumber(last, 'seq') : insertReport(context, { report, sha256, last }, parent);
  database.run('INSERT OR IGNORE INTO produced (submission, report) VALUES (:submission, :seq)', {
    submission: readNumber(parent.submission, 'seq'),
    seq,
  });
  if (isUnchanged) return storeUnchanged(context, { report, last }, parent);
  // A file that no row names now.
  if (report.placed !== undefined && report.destinations.length === 0) ledger.unlinkLater(report.placed.file);
  // Order: after the new revision has taken over what it needs of the last one.
  const held = last === undefined ? [] : replaceUnsent(context, report);
  if (report.destinations.length > 0) ledger.addItems(1);
  insertDeliveries(context, { report, seq, held }, parent);
}
