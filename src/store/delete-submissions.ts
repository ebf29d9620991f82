// Deletes submissions for good: their rows, their files, and the reports that nobody else gave.

import { DELIVERY_CHANGE_COLUMNS, noteSubmission } from './change.ts';
import { dropBodies } from './bodies.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { deleteDelivery } from './hand-deliveries.ts';
import type { HandOutcome, SubmissionSelection } from './queue-types.ts';
import { readNumber, readNumberOrNull, readSubmissionId, readSubmissionState, readTextOrNull } from './rows.ts';
import { forgetDone, rememberEnd } from './seen-files.ts';
import { doWithSubmissions, type Verdict } from './selected.ts';
import { isSubmissionCounted } from './states.ts';

/** Submissions of one transaction at most: each may have up to a thousand reports. */
const DELETE_BATCH = 10;

const DELETED = 'deleted';

// Reports of this submission that no other one gave as well.
const OWN_REPORTS = `SELECT r.seq FROM report AS r WHERE r.submission = :seq AND NOT EXISTS (
  SELECT 1 FROM produced AS p WHERE p.report = r.seq AND p.submission <> :seq)`;

function judge({ database }: StoreContext, row: Row): Verdict {
  const state = readSubmissionState(row);
  if (state === 'receiving' || state === 'converting') return 'busy';
  const onItsWay = database.get(
    `SELECT 1 FROM delivery WHERE state = 'inflight' AND report IN (${OWN_REPORTS}) LIMIT 1`,
    { seq: readNumber(row, 'seq') },
  );
  return onItsWay === undefined ? 'do' : 'busy';
}

/** A report that another submission gave too is that one's from here on. */
function handOver({ database }: StoreContext, seq: number): void {
  const shared = database.all(
    `SELECT r.seq AS report, min(p.submission) AS heir FROM report AS r JOIN produced AS p ON p.report = r.seq
     WHERE r.submission = :seq AND p.submission <> :seq GROUP BY r.seq`,
    { seq },
  );
  for (const row of shared) {
    const heir = readNumberOrNull(row, 'heir');
    database.run('UPDATE report SET submission = :heir WHERE seq = :report', {
      heir,
      report: readNumber(row, 'report'),
    });
  }
}

/** A file of a watch folder does not lie there for ever because of it: it is put aside like one that failed. */
function putFileAside(context: StoreContext, row: Row, time: CallTime): void {
  const failure = { code: DELETED, message: 'its submission was deleted before it was converted' };
  const converter = readTextOrNull(row, 'wanted_converter');
  rememberEnd(context, { submissionId: readSubmissionId(row, 'id'), outcome: 'failed', converter, failure }, time);
}

function deleteSubmission(context: StoreContext, row: Row, time: CallTime): void {
  const { database, ledger } = context;
  const seq = readNumber(row, 'seq');
  const state = readSubmissionState(row);
  const open = database.all(
    `SELECT ${DELIVERY_CHANGE_COLUMNS} WHERE d.state <> 'delivered' AND d.report IN (${OWN_REPORTS}) ORDER BY d.position`,
    { seq },
  );
  // Order: while the rows are there that their announcements are made from.
  for (const delivery of open) deleteDelivery(context, delivery);
  handOver(context, seq);
  if (isSubmissionCounted(state)) {
    ledger.addItems(-1);
    putFileAside(context, row, time);
  } else forgetDone(context, readSubmissionId(row, 'id'), { code: DELETED, message: 'its submission was deleted' });
  dropBodies(context, row);
  noteSubmission(context, row, { state: 'deleted', reason: null });
  // What was delivered of it goes with it: the receipts of its reports.
  database.run('DELETE FROM submission WHERE seq = :seq', { seq });
}

/**
 * Submissions go for good. One that is being converted, or of which a report is being uploaded, is `busy`.
 *
 * @param context - Inside a transaction, also for a dry run.
 * @param options - `kid`: only submissions of this key; null = of every key.
 */
export function deleteSubmissions(
  context: StoreContext,
  selection: SubmissionSelection,
  { isDryRun, kid, ...time }: CallTime & { readonly isDryRun: boolean; readonly kid: string | null },
): HandOutcome {
  return doWithSubmissions(context.database, selection, {
    isDryRun,
    kid,
    batch: DELETE_BATCH,
    judge: (row) => judge(context, row),
    apply: (row) => deleteSubmission(context, row, time),
  });
}
