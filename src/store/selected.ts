// What a person selects, row by row: named ones all at once, those of a filter in batches; what is done with each is the caller's.

import type { SkipReason } from '../core/skip-reasons.ts';
import { DELIVERY_CHANGE_COLUMNS } from './change.ts';
import type { Database, Row } from './database.ts';
import type { DeliverySelection, HandOutcome, SubmissionSelection } from './queue-types.ts';
import { readNumber } from './rows.ts';

/** Rows that one transaction changes at most: the store's thread must come back to its callers. */
export const HAND_BATCH = 100;

type Found = { readonly id: string; readonly row: Row | undefined };

/** May it be done with a row? */
export type Verdict = 'do' | SkipReason;

/** What is done with each row. */
export type Work = {
  readonly judge: (row: Row) => Verdict;
  readonly apply: (row: Row) => void;
  readonly isDryRun: boolean;
};

function doAll(found: readonly Found[], { judge, apply, isDryRun }: Work): Omit<HandOutcome, 'next'> {
  const skipped: { id: string; reason: SkipReason }[] = [];
  let count = 0;
  for (const { id, row } of found) {
    const verdict = row === undefined ? 'unknown' : judge(row);
    if (verdict !== 'do') skipped.push({ id, reason: verdict });
    else {
      if (row !== undefined && !isDryRun) apply(row);
      count += 1;
    }
  }
  return { count, skipped };
}

function doBatch(rows: readonly Row[], work: Work, size: number): HandOutcome {
  const { count } = doAll(
    rows.map((row) => ({ id: '', row })),
    work,
  );
  const last = rows.at(-1);
  const next = rows.length < size || last === undefined ? null : readNumber(last, 'seq');
  return { count, skipped: [], next };
}

/**
 * Go through deliveries: of one that has several revisions the newest.
 *
 * @param selection - `anyState`: a condition that stands for a filter without a state.
 */
export function doWithDeliveries(
  database: Database,
  selection: DeliverySelection,
  work: Work & { readonly anyState: string },
): HandOutcome {
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
    state === null ? work.anyState : 'd.state = :state',
    ...(destination === null ? [] : ['d.destination = :destination']),
  ];
  const rows = database.all(
    `SELECT ${DELIVERY_CHANGE_COLUMNS} WHERE ${conditions.join(' AND ')} ORDER BY d.seq LIMIT :limit`,
    { after, limit: HAND_BATCH, ...(state !== null && { state }), ...(destination !== null && { destination }) },
  );
  return doBatch(rows, work, HAND_BATCH);
}

/**
 * Go through submissions.
 *
 * @param selection - `kid`: only those of this key; null = of every key. `batch`: rows of a filter at once.
 */
export function doWithSubmissions(
  database: Database,
  selection: SubmissionSelection,
  { kid, batch, ...work }: Work & { readonly kid: string | null; readonly batch: number },
): HandOutcome {
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
    { after: selection.after, state: selection.state, kid, limit: batch },
  );
  return doBatch(rows, work, batch);
}
