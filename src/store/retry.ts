// Tries things once more because a person asks for it: deliveries become ready, submissions are converted again.

import { measureArguments } from './accept.ts';
import { changeDelivery, changeSubmission } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { HELD_BY_PERSON, NOT_BY_HAND } from './hand-holds.ts';
import type { DeliverySelection, HandOutcome, SubmissionRetry, SubmissionSelection } from './queue-types.ts';
import { readDeliveryState, readNumber, readSubmissionState, readText } from './rows.ts';
import { doWithDeliveries, doWithSubmissions, HAND_BATCH, type Verdict } from './selected.ts';
import { isChangeAllowed, isSubmissionCounted } from './states.ts';

const REMOVED = 'destination_removed';

function judgeDelivery(row: Row): Verdict {
  if (row['state'] === 'held' && row['reason'] === REMOVED) return REMOVED;
  // One way out of a hold by hand: `queue/release`.
  if (row['state'] === 'held' && row['reason'] === HELD_BY_PERSON) return HELD_BY_PERSON;
  const from = readDeliveryState(row);
  // Inflight may become ready as well, but only by whoever holds it; delivered only by a resend.
  const isOurs =
    from !== 'inflight' && from !== 'delivered' && isChangeAllowed({ kind: 'delivery', from, to: 'ready' });
  return isOurs ? 'do' : 'not_retryable';
}

/**
 * Deliveries that are dead, held, deferred or corrupt become `ready`; their failures are counted anew, their requests go on.
 *
 * What is held because its destination is not configured any more stays, and so does what a person holds. A filter without a state leaves out corrupt ones: they
 * come back only if the disk was mended.
 *
 * @param context - Inside a transaction, also for a dry run.
 */
export function retryDeliveries(
  context: StoreContext,
  selection: DeliverySelection,
  { isDryRun }: { readonly isDryRun: boolean },
): HandOutcome {
  const { database } = context;
  return doWithDeliveries(database, selection, {
    isDryRun,
    anyState: `d.state IN ('dead', 'held', 'deferred') AND ${NOT_BY_HAND}`,
    judge: judgeDelivery,
    apply: (row) => {
      database.run('UPDATE delivery SET attempts = 0 WHERE seq = :seq', { seq: readNumber(row, 'seq') });
      changeDelivery(context, row, { state: 'ready' });
    },
  });
}

function judgeSubmission({ ledger, limits }: StoreContext, row: Row, waiting: number): Verdict {
  const from = readSubmissionState(row);
  // Converting and waiting ones come to `received` by themselves, and only by those who know why they are there.
  const isOurs = !isSubmissionCounted(from) || from === 'suspended';
  if (!isOurs || !isChangeAllowed({ kind: 'submission', from, to: 'received' })) return 'not_retryable';
  if (row['has_body'] !== 1) return 'file_gone';
  const isFull = limits.maxItems > 0 && !isSubmissionCounted(from) && ledger.items() + waiting >= limits.maxItems;
  return isFull ? 'queue_full' : 'do';
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
 * Convert a submission once more as it was converted last.
 *
 * @param row - All its columns; it has ended and its raw file is kept.
 */
export function convertAgain(context: StoreContext, row: Row, time: CallTime): void {
  applyRetry(context, row, { converter: null, arguments: null, ...time });
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
): HandOutcome {
  const { database } = context;
  const { kid, isDryRun } = options;
  let promised = 0;
  return doWithSubmissions(database, selection, {
    isDryRun,
    kid,
    batch: HAND_BATCH,
    judge: (row) => {
      const verdict = judgeSubmission(context, row, promised);
      if (isDryRun && verdict === 'do') promised += 1;
      return verdict;
    },
    apply: (row) => applyRetry(context, row, options),
  });
}
