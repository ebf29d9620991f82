// Sends reports once more because a person asks for it: to a destination that is new, or that has lost them.

import { changeDelivery, DELIVERY_CHANGE_COLUMNS, noteDelivery } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import type { ResendOutcome, ResendSelection } from './queue-types.ts';
import { toPosition } from './rank.ts';
import { convertAgain } from './retry.ts';
import { readNumber, readText } from './rows.ts';
import { HAND_BATCH } from './selected.ts';

const NEWEST_SINCE = `SELECT r.* FROM report AS r WHERE r.seq > :after AND r.created_at >= :since AND NOT EXISTS (
  SELECT 1 FROM report AS n WHERE n.id = r.id AND n.revision > r.revision) ORDER BY r.seq LIMIT :limit`;

// Whoever gave the report last and still has its file; one that is about to be converted anyway is as good.
const SOURCE = `SELECT s.* FROM produced AS p CROSS JOIN submission AS s ON s.seq = p.submission
  WHERE p.report = :report AND s.has_body = 1 AND s.state IN ('converted', 'received', 'converting')
  ORDER BY s.state <> 'converted' DESC, s.seq DESC LIMIT 1`;

type Verdict =
  | { readonly kind: 'send' }
  | { readonly kind: 'convert'; readonly source: Row }
  | { readonly kind: 'skip'; readonly reason: keyof ResendOutcome['skipped'] };

function isRoom({ ledger, limits }: StoreContext, promised: number): boolean {
  return limits.maxItems === 0 || ledger.items() + promised < limits.maxItems;
}

function judge(
  context: StoreContext,
  report: Row,
  { destination, promised }: { readonly destination: string; readonly promised: number },
): Verdict {
  const { database } = context;
  const seq = readNumber(report, 'seq');
  const there = database.get('SELECT state FROM delivery WHERE report = :seq AND destination = :destination', {
    seq,
    destination,
  });
  if (there !== undefined && there['state'] !== 'delivered') return { kind: 'skip', reason: 'wrong_state' };
  if (!isRoom(context, promised)) return { kind: 'skip', reason: 'queue_full' };
  if (report['has_body'] === 1) return { kind: 'send' };
  const source = database.get(SOURCE, { report: seq });
  return source === undefined ? { kind: 'skip', reason: 'file_gone' } : { kind: 'convert', source };
}

/**
 * One report once more to one destination; its body is there.
 *
 * @param report - Columns of the report.
 */
function sendAgain(
  context: StoreContext,
  report: Row,
  { destination, nowUnixMs }: CallTime & { readonly destination: string },
): void {
  const { database, ledger } = context;
  const seq = readNumber(report, 'seq');
  const open = database.get("SELECT 1 FROM delivery WHERE report = :seq AND state <> 'delivered' LIMIT 1", { seq });
  if (open === undefined) ledger.addItems(1);
  const before = database.get(
    `SELECT ${DELIVERY_CHANGE_COLUMNS} WHERE d.report = :seq AND d.destination = :destination`,
    { seq, destination },
  );
  if (before !== undefined) {
    database.run('UPDATE delivery SET attempts = 0, delivered_at = NULL WHERE seq = :seq', {
      seq: readNumber(before, 'seq'),
    });
    changeDelivery(context, before, { state: 'ready' });
    return;
  }
  const submission = database.get('SELECT * FROM submission WHERE seq = :seq', {
    seq: readNumber(report, 'submission'),
  });
  if (submission === undefined) throw new Error('Cannot resend report: its submission is unknown');
  const id = readText(report, 'id');
  database.run(
    `INSERT INTO delivery (report, report_id, destination, state, rank, position, group_key, created_at)
     VALUES (:report, :id, :destination, 'ready', :rank, :position, :group, :now)`,
    {
      report: seq,
      id,
      destination,
      rank: readNumber(submission, 'rank'),
      position: toPosition(readNumber(submission, 'seq'), 0),
      group: submission['group_key'] ?? null,
      now: nowUnixMs,
    },
  );
  const row = { ...submission, submission_id: readText(submission, 'id'), report_id: id, destination };
  noteDelivery(context, row, { state: 'ready', reason: null });
}

/**
 * Reports that came out of a conversion unchanged, where one was asked for because their bodies were gone.
 *
 * @param submission - Row number of the submission being converted.
 * @returns The destinations that this submission's reports are to be sent to once more.
 */
export function wantedAgain({ database }: StoreContext, submission: number): readonly string[] {
  return database
    .all('SELECT destination FROM resend WHERE submission = :submission ORDER BY destination', { submission })
    .map((row) => readText(row, 'destination'));
}

/**
 * Send a report to these destinations once more, where it is not open there.
 *
 * @param report - Columns of the report; its body is there.
 */
export function sendAgainTo(
  context: StoreContext,
  report: Row,
  { destinations, ...time }: CallTime & { readonly destinations: readonly string[] },
): void {
  for (const destination of destinations) {
    const open = context.database.get(
      "SELECT 1 FROM delivery WHERE report = :seq AND destination = :destination AND state <> 'delivered'",
      { seq: readNumber(report, 'seq'), destination },
    );
    if (open === undefined) sendAgain(context, report, { ...time, destination });
  }
}

/**
 * Reports made since then go to a destination once more, the newest revision of each. One whose body is gone is converted again from
 * its raw file, as long as that is kept. Never over the bound of the queue.
 *
 * @param context - Inside a transaction, also for a dry run.
 */
export function resendReports(
  context: StoreContext,
  { destination, sinceUnixMs, after }: ResendSelection,
  { isDryRun, ...time }: CallTime & { readonly isDryRun: boolean },
): ResendOutcome {
  const { database } = context;
  const skipped = { file_gone: 0, queue_full: 0, wrong_state: 0 };
  const sources = new Set<number>();
  let count = 0;
  const rows = database.all(NEWEST_SINCE, { after, since: sinceUnixMs, limit: HAND_BATCH });
  for (const report of rows) {
    const promised = isDryRun ? count + sources.size : 0;
    const verdict = judge(context, report, { destination, promised });
    if (verdict.kind === 'skip') skipped[verdict.reason] += 1;
    else if (verdict.kind === 'send') {
      count += 1;
      if (!isDryRun) sendAgain(context, report, { ...time, destination });
    } else {
      const submission = readNumber(verdict.source, 'seq');
      const isNew = !sources.has(submission);
      sources.add(submission);
      if (isDryRun || !isNew) continue;
      database.run('INSERT OR IGNORE INTO resend (submission, destination) VALUES (:submission, :destination)', {
        submission,
        destination,
      });
      if (verdict.source['state'] === 'converted') convertAgain(context, verdict.source, time);
    }
  }
  const last = rows.at(-1);
  const next = rows.length < HAND_BATCH || last === undefined ? null : readNumber(last, 'seq');
  return { count, sources: [...sources], skipped, next };
}
