// What waits, by cause and age: shows at a glance whether a queue is long because it is busy, or because something stands still.

import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { isPausedSql } from './pauses.ts';
import type { QueueShape, ShapeRow } from './queue-types.ts';
import { readDeliveryState, readNumber, readSubmissionState, readText, readTextOrNull } from './rows.ts';

/** Upper bounds of the ages, ms: a minute, ten, an hour, six, a day, a week; older ones have a place of their own behind. */
const SHAPE_BOUNDS_MS = [60_000, 600_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000] as const;

const MAX_ROWS = 50;

const counts = (column: string): string =>
  [...SHAPE_BOUNDS_MS, null]
    .map((bound, index) => {
      const older = index === 0 ? null : SHAPE_BOUNDS_MS[index - 1];
      const from = older == null ? '1' : `:now - ${column} > ${older}`;
      const until = bound === null ? '1' : `:now - ${column} <= ${bound}`;
      return `total(${from} AND ${until}) AS age${index}`;
    })
    .join(', ');

// Words of a server or a converter may differ from row to row: alike is what begins alike.
const SUBMISSIONS = `SELECT state, substr(reason, 1, 100) AS cause, NULL AS destination, count(*) AS count,
    min(received_at) AS oldest, ${counts('received_at')}
  FROM submission WHERE state IN ('receiving', 'received', 'waiting', 'converting', 'suspended')
  GROUP BY 1, 2 ORDER BY count DESC LIMIT :limit`;

const DELIVERIES = `SELECT d.state, d.destination, count(*) AS count, min(d.created_at) AS oldest, ${counts('d.created_at')},
    CASE WHEN d.state <> 'ready' THEN substr(d.reason, 1, 100) WHEN ${isPausedSql('d.destination')} THEN 'paused'
      ELSE (SELECT h.reason FROM destination AS h WHERE h.name = d.destination AND h.state <> 'up') END AS cause
  FROM delivery AS d WHERE d.state IN ('ready', 'inflight', 'deferred', 'held', 'dead', 'corrupt')
  GROUP BY d.state, d.destination, cause ORDER BY count DESC LIMIT :limit`;

function toShapeRow(row: Row, nowUnixMs: number): Omit<ShapeRow, 'kind' | 'state'> {
  return {
    cause: readTextOrNull(row, 'cause'),
    destination: readTextOrNull(row, 'destination'),
    count: readNumber(row, 'count'),
    counts: [...SHAPE_BOUNDS_MS, null].map((_bound, index) => readNumber(row, `age${index}`)),
    oldestAgeMs: Math.max(0, nowUnixMs - readNumber(row, 'oldest')),
  };
}

/**
 * Count what is not at its end by state, cause, destination and age; the largest first, at most 50 rows of each kind.
 *
 * @param time - Now.
 */
export function countShape({ database }: StoreContext, { nowUnixMs }: CallTime): QueueShape {
  const parameters = { now: nowUnixMs, limit: MAX_ROWS };
  const submissions = database
    .all(SUBMISSIONS, parameters)
    .map((row): ShapeRow => ({ kind: 'submission', state: readSubmissionState(row), ...toShapeRow(row, nowUnixMs) }));
  const deliveries = database.all(DELIVERIES, parameters).map(
    (row): ShapeRow => ({
      kind: 'delivery',
      state: readDeliveryState(row),
      ...toShapeRow(row, nowUnixMs),
      destination: readText(row, 'destination'),
    }),
  );
  return { boundsMs: SHAPE_BOUNDS_MS, rows: [...submissions, ...deliveries].toSorted((a, b) => b.count - a.count) };
}
