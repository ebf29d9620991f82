// Reads deliveries as the queue shows them: newest first, in pages, and counted by destination.

import type { DeliveryState } from '../core/states.ts';
import type { StoreContext } from './context.ts';
import { parseCursor, toCursor } from './cursor.ts';
import type { Row } from './database.ts';
import type { DeliveryFilter, DeliveryRef, QueuedDelivery } from './queue-types.ts';
import {
  readDeliveryState,
  readNumber,
  readReportId,
  readSubmissionId,
  readText,
  readTextOrNull,
  toDeliveryRow,
} from './rows.ts';
import type { Page, PageOptions } from './types.ts';

type Reader = Pick<StoreContext, 'database'>;

const COLUMNS = `d.*, r.revision AS revision, s.id AS submission_id FROM delivery AS d
  CROSS JOIN report AS r ON r.seq = d.report CROSS JOIN submission AS s ON s.seq = r.submission`;

function toQueued(row: Row): QueuedDelivery {
  return {
    ...toDeliveryRow(row),
    reportId: readReportId(row, 'report_id'),
    revision: readNumber(row, 'revision'),
    submissionId: readSubmissionId(row, 'submission_id'),
    reason: readTextOrNull(row, 'reason'),
    createdAtUnixMs: readNumber(row, 'created_at'),
  };
}

/**
 * Deliveries, newest first; without a state all that are not delivered.
 *
 * @throws {AirlockError} invalid_params when the cursor is unreadable.
 */
export function listDeliveries({ database }: Reader, options: PageOptions & DeliveryFilter): Page<QueuedDelivery> {
  const { limit, cursor, state, destination } = options;
  const conditions = [
    'd.seq < :before',
    state === null ? "d.state <> 'delivered'" : 'd.state = :state',
    ...(destination === null ? [] : ['d.destination = :destination']),
  ];
  const rows = database.all(`SELECT ${COLUMNS} WHERE ${conditions.join(' AND ')} ORDER BY d.seq DESC LIMIT :limit`, {
    before: parseCursor(cursor),
    limit: limit + 1,
    ...(state !== null && { state }),
    ...(destination !== null && { destination }),
  });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items: shown.map(toQueued), nextCursor: hasMore ? toCursor(readNumber(last, 'seq')) : null };
}

/** One delivery, of the newest revision of its report; null when there is none of that name. */
export function getDelivery({ database }: Reader, { reportId, destination }: DeliveryRef): QueuedDelivery | null {
  const row = database.get(
    `SELECT ${COLUMNS} WHERE d.destination = :destination AND d.report_id = :id ORDER BY r.revision DESC LIMIT 1`,
    { destination, id: reportId },
  );
  return row === undefined ? null : toQueued(row);
}

/** Deliveries of each destination by state; what there is none of is left out. */
export function countByDestination({
  database,
}: Reader): Readonly<Record<string, Readonly<Partial<Record<DeliveryState, number>>>>> {
  const counts: Record<string, Partial<Record<DeliveryState, number>>> = Object.create(null);
  for (const row of database.all('SELECT destination, state, count(*) AS count FROM delivery GROUP BY 1, 2')) {
    const name = readText(row, 'destination');
    counts[name] = { ...counts[name], [readDeliveryState(row)]: readNumber(row, 'count') };
  }
  return { ...counts };
}
