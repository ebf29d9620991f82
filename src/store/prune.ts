// Forgets what nobody needs any more: old receipts, raw files of finished submissions, idempotency keys.

import type { CallTime, StoreContext } from './context.ts';
import { pruneCallAnswers } from './call-answers.ts';
import { dropBodies } from './bodies.ts';
import { readNumber, readText } from './rows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
// Rows of one kind that one run takes away at most: the thread must come back to its callers.
const PRUNE_BATCH = 500;
// Keys that one run looks at.
const KEY_BATCH = 2_000;
const VACUUM_PAGES = 1_000;

// Source: configuration.md 2, intake.sources: raw files are kept for replay for so long, and so much of them.
const SOURCES_KEEP_MS = 7 * DAY_MS;
const SOURCES_BYTES = 2 * 1024 ** 3;

// A report goes with the submission that gave it first: that one stays while another that gave the same report is known.
const FINISHED = `ended_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM produced AS p JOIN delivery AS d ON d.report = p.report
    WHERE p.submission = submission.seq AND d.state <> 'delivered')
  AND NOT EXISTS (
    SELECT 1 FROM report AS r JOIN produced AS p ON p.report = r.seq
    WHERE r.submission = submission.seq AND p.submission <> submission.seq)`;

function pruneReceipts(context: StoreContext, { nowUnixMs }: CallTime): number {
  const { database, limits } = context;
  const { keep, count } = limits.receipts;
  const beyond = database.get(
    'SELECT ended_at FROM submission WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1 OFFSET :count',
    { count },
  );
  // A day is kept whatever the count.
  const byCount = beyond === undefined ? -1 : Math.min(readNumber(beyond, 'ended_at'), nowUnixMs - DAY_MS);
  const rows = database.all(
    `SELECT * FROM submission WHERE ended_at <= :until AND ${FINISHED} ORDER BY ended_at LIMIT ${PRUNE_BATCH}`,
    { until: Math.max(byCount, nowUnixMs - keep) },
  );
  for (const row of rows) {
    dropBodies(context, row);
    database.run('DELETE FROM submission WHERE seq = :seq', { seq: readNumber(row, 'seq') });
  }
  return rows.length;
}

/**
 * How much of what is kept only for replay is too much: over its own limit, or in the way of new files.
 *
 * Decision: what has been refused for want of bytes or disk must not wait for a week. Not more goes than is needed.
 */
function sourcesOverBytes(context: StoreContext): number {
  const { database, ledger, limits, disk, shortage } = context;
  const row = database.get(
    'SELECT total(size + companion_size) AS bytes FROM submission WHERE has_body = 1 AND ended_at IS NOT NULL',
  );
  const kept = row === undefined ? 0 : readNumber(row, 'bytes');
  const over = kept - SOURCES_BYTES;
  if (shortage.bytes === 0) return over;
  const wanted = shortage.bytes + ledger.reservations.held().bytes;
  const overQueue = limits.maxBytes === 0 ? 0 : ledger.bytes() + wanted - limits.maxBytes;
  const overDisk = limits.diskFloorBytes === 0 ? 0 : limits.diskFloorBytes + wanted - disk.forRows();
  return Math.max(over, overQueue, overDisk);
}

function pruneSources(context: StoreContext, { nowUnixMs }: CallTime): number {
  const { database } = context;
  const oldest = database.all(
    `SELECT * FROM submission WHERE has_body = 1 AND ended_at IS NOT NULL ORDER BY ended_at LIMIT ${PRUNE_BATCH}`,
  );
  let overBytes = sourcesOverBytes(context);
  let pruned = 0;
  for (const row of oldest) {
    if (overBytes <= 0 && readNumber(row, 'ended_at') > nowUnixMs - SOURCES_KEEP_MS) break;
    dropBodies(context, row);
    overBytes -= readNumber(row, 'size') + readNumber(row, 'companion_size');
    pruned += 1;
  }
  return pruned;
}

/**
 * Forget old idempotency keys: a walk through all of them in their own order, one batch at a time. An order by age would cost
 * every file that is taken in a page more.
 *
 * @returns Is the walk not at its end yet?
 */
function pruneKeys({ database, limits, keySweep }: StoreContext, { nowUnixMs }: CallTime): boolean {
  const { kid, key } = keySweep.after ?? { kid: '', key: '' };
  const rows = database.all(
    `SELECT kid, key, answered_at FROM idempotency WHERE (kid, key) > (:kid, :key) ORDER BY kid, key LIMIT ${KEY_BATCH}`,
    { kid, key },
  );
  const last = rows.at(-1);
  const isMore = last !== undefined && rows.length === KEY_BATCH;
  keySweep.after = isMore ? { kid: readText(last, 'kid'), key: readText(last, 'key') } : null;
  for (const row of rows) {
    if (readNumber(row, 'answered_at') > nowUnixMs - limits.idempotencyMs) continue;
    const old = { kid: readText(row, 'kid'), key: readText(row, 'key') };
    database.run('DELETE FROM idempotency WHERE kid = :kid AND key = :key', old);
  }
  return isMore;
}

/**
 * Forget one batch of what is too old or too much. What still has to be delivered is never touched.
 *
 * @param context - Inside a transaction.
 * @returns Is there perhaps more? Then the next idle moment should go on.
 */
export function prune(context: StoreContext, time: CallTime): boolean {
  const counts = [pruneReceipts(context, time), pruneSources(context, time)];
  const hasMoreKeys = pruneKeys(context, time);
  pruneCallAnswers(context, time);
  return hasMoreKeys || counts.some((count) => count >= PRUNE_BATCH);
}

/**
 * Give freed pages back to the file system, a few at a time. Outside of transactions.
 *
 * @param context - Its database.
 */
export function giveBackPages({ database }: Pick<StoreContext, 'database'>): void {
  database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
}

/** Time between two runs that find little, ms. */
export const PRUNE_INTERVAL_MS = HOUR_MS;
