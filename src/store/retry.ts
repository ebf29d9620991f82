// Tries things once more because a person asks for it: deliveries become ready, submissions are converted again.

import { measureArguments } from './accept.ts';
import { changeDelivery, changeSubmission, DELIVERY_CHANGE_COLUMNS } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import type {
  DeliverySelection,
  RetryOutcome,
  SkipReason,
  SubmissionRetry,
  SubmissionSelection,
} from './queue-types.ts';
import { readDeliveryState, readNumber, readSubmissionState, readText } from './rows.ts';
import { isChangeAllowed, isSubmissionCounted } from './states.ts';

/** Rows that one transaction changes at most: the store's thread must come back to its callers. */
export const RETRY_BATCH = 100;

const REMOVED = 'destination_removed';

type Found = { readonly id: string; readonly row: Row | undefined };
type Verdict = 'retry' | SkipReason;

/** What is done with each row of a batch. */
type Work = { readonly judge: (row: Row) => Verdict; readonly apply: (row: Row) => void; readonly isDryRun: boolean };

function doAll(found: readonly Found[], { judge, apply, isDryRun }: Work): Omit<RetryOutcome, 'next'> {
  const skipped: { id: string; reason: SkipReason }[] = [];
  let count = 0;
  for (const { id, row } of found) {
    const verdict = row === undefined ? 'unknown' : judge(row);
    if (verdict !== 'retry') skipped.push({ id, reason: verdict });
    else {
      if (row !== undefined && !isDryRun) apply(row);
      count += 1;
    }
  }
  return { count, skipped };
}

function doBatch(rows: readonly Row[], work: Work): RetryOutcome {
  const { count } = doAll(
    rows.map((row) => ({ id: '', row })),
    work,
  );
  const last = rows.at(-1);
  const next = rows.length < RETRY_BATCH || last === undefined ? null : readNumber(last, 'seq');
  return { count, skipped: [], next };
}

function judgeDelivery(row: Row): Verdict {
  if (row['state'] === 'held' && row['reason'] === REMOVED) return REMOVED;
  const from = readDeliveryState(row);
  // Inflight may become ready as well, but only by whoever holds it.
  const isOurs = from !== 'inflight' && isChangeAllowed({ kind: 'delivery', from, to: 'ready' });
  return isOurs ? 'retry' : 'not_retryable';
}

/**
 * Deliveries that are dead, held, deferred or corrupt become `ready`; their failures are counted anew, their requests go on.
 *
 * What is held because its destination is not configured any more stays. A filter without a state leaves out corrupt ones: they
 * come back only if the disk was mended.
 *
 * @param context - Inside a transaction, also for a dry run.
 */
export function retryDeliveries(
  context: StoreContext,
  selection: DeliverySelection,
  { isDryRun }: { readonly isDryRun: boolean },
): RetryOutcome {
  const { database } = context;
  const work: Work = {
    isDryRun,
    judge: judgeDelivery,
    apply: (row) => {
      database.run('UPDATE delivery SET attempts = 0 WHERE seq = :seq', { seq: readNumber(row, 'seq') });
      changeDelivery(context, row, { state: 'ready' });
    },
  };
  if (selection.kind === 'named') {
    const found = selection.deliveries.map(({ reportId, destination }) => ({
      id: `${reportId}@${destination}`,
      row: database.get(
        `SELECT ${DELIVERY_CHANGE_COLUMNS} WHERE d.report_id = :reportId AND d.destination = :destination
         ORDER BY r.revision DESC LIMIT 1`,
        { reportId, destination },
      ),
    }));
    return { ...doAll(found, work), next: null };
  }
  const { after, state, destination } = selection;
  const conditions = [
    'd.seq > :after',
    state === null ? "d.state IN ('dead', 'held', 'deferred')" : 'd.state = :state',
    ...(destination === null ? [] : ['d.destination = :destination']),
  ];
  const rows = database.all(
    `SELECT ${DELIVERY_CHANGE_COLUMNS} WHERE ${conditions.join(' AND ')} ORDER BY d.seq LIMIT :limit`,
    { after, limit: RETRY_BATCH, ...(state !== null && { state }), ...(destination !== null && { destination }) },
  );
  return doBatch(rows, work);
}

function judgeSubmission({ ledger, limits }: StoreContext, row: Row, waiting: number): Verdict {
  const from = readSubmissionState(row);
  // Converting and waiting ones come to `received` by themselves, and only by those who know why they are there.
  const isOurs = !isSubmissionCounted(from) || from === 'suspended';
  if (!isOurs || !isChangeAllowed({ kind: 'submission', from, to: 'received' })) return 'not_retryable';
  if (row['has_body'] !== 1) return 'file_gone';
  const isFull = limits.maxItems > 0 && !isSubmissionCounted(from) && ledger.items() + waiting >= limits.maxItems;
  return isFull ? 'queue_full' : 'retry';
}

/** They count as bytes that are kept, with the companions. */
function replaceArguments({ database, ledger }: StoreContext, row: Row, given: string): void {
  const moreBytes = measureArguments(given) - measureArguments(readText(row, 'arguments'));
  database.run(
    'UPDATE submission SET arguments = :given, companion_size = companion_size + :moreBytes WHERE seq = :seq',
    { seq: readNumber(row, 'seq'), given, moreBytes },
  );
  ledger.addBytes(moreBytes);
}

function applyRetry(
  context: StoreContext,
  row: Row,
  { converter, arguments: given, ...time }: SubmissionRetry & CallTime,
): void {
  const { database } = context;
  const seq = readNumber(row, 'seq');
  database.run(
    `UPDATE submission SET attempts = 0, crashes = 0, converter_name = NULL, converter_version = NULL,
       converter_sha256 = NULL, warnings = '[]', log = '[]' WHERE seq = :seq`,
    { seq },
  );
  if (converter !== null)
    database.run('UPDATE submission SET wanted_converter = :converter WHERE seq = :seq', { seq, converter });
  if (given !== null) replaceArguments(context, row, JSON.stringify(given));
  const fresh = database.get('SELECT * FROM submission WHERE seq = :seq', { seq });
  changeSubmission(context, fresh ?? row, { ...time, to: { state: 'received' } });
}

/**
 * Submissions that have ended, or are suspended, become `received` again if their raw file is kept; what they gave before stays, and
 * a report that comes out again is unchanged or the next revision.
 *
 * Never over the bound of the queue: what does not fit is skipped with `queue_full`.
 *
 * @param context - Inside a transaction, also for a dry run.
 * @param options - `kid`: only submissions of this key; null = of every key.
 */
export function retrySubmissions(
  context: StoreContext,
  selection: SubmissionSelection,
  options: SubmissionRetry & CallTime & { readonly isDryRun: boolean; readonly kid: string | null },
): RetryOutcome {
  const { database } = context;
  const { kid, isDryRun } = options;
  let promised = 0;
  const work: Work = {
    isDryRun,
    judge: (row) => {
      const verdict = judgeSubmission(context, row, promised);
      if (isDryRun && verdict === 'retry') promised += 1;
      return verdict;
    },
    apply: (row) => applyRetry(context, row, options),
  };
  if (selection.kind === 'named') {
    const found = selection.submissions.map((id) => ({
      id,
      row: database.get('SELECT * FROM submission WHERE id = :id AND (:kid IS NULL OR kid = :kid)', { id, kid }),
    }));
    return { ...doAll(found, work), next: null };
  }
  const rows = database.all(
    `SELECT * FROM submission WHERE seq > :after AND state = :state AND (:kid IS NULL OR kid = :kid)
     ORDER BY seq LIMIT :limit`,
    { after: selection.after, state: selection.state, kid, limit: RETRY_BATCH },
  );
  return doBatch(rows, work);
}
