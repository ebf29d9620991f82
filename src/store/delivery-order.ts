// Which delivery of a destination goes next: order, groups, and one revision at a time.

import { DELIVERY_CHANGE_COLUMNS } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { NOT_BY_HAND } from './hand-holds.ts';
import { readNumber, readNumberOrNull } from './rows.ts';

// At most one revision of one report id is on its way.
const REVISION_IS_FREE = `NOT EXISTS (
  SELECT 1 FROM delivery AS o WHERE o.destination = d.destination AND o.report_id = d.report_id AND o.state = 'inflight')`;

// A group goes in order: one in flight, behind a deferred one nothing passes, and nothing overtakes a conversion that will
// come to an end by itself. What needs a person (dead, held, corrupt, waiting) does not block.
const GROUP_IS_FREE = `(d.group_key IS NULL OR (
  NOT EXISTS (SELECT 1 FROM delivery AS o WHERE o.destination = d.destination AND o.group_key = d.group_key
    AND (o.state = 'inflight' OR (o.state IN ('ready', 'deferred') AND o.position < d.position)))
  AND NOT EXISTS (SELECT 1 FROM submission AS o WHERE o.group_key = d.group_key AND o.seq < r.submission
    AND o.state IN ('received', 'converting', 'suspended'))))`;

// One search per state, so that each follows the index and ends at its first row.
const BY_DUE = 'd.rank, d.due, d.position';
const BY_AGE = 'd.rank, d.position';
const nextOf = (condition: string, order: string): string =>
  `SELECT r.revision, r.size, r.sha256, s.received_at, ${DELIVERY_CHANGE_COLUMNS}
   WHERE d.destination = :destination AND ${condition} AND ${REVISION_IS_FREE} AND ${GROUP_IS_FREE}
   ORDER BY ${order} LIMIT 1`;
const NEXT_READY = nextOf("d.state = 'ready'", BY_DUE);
const NEXT_DUE = nextOf("d.state = 'deferred' AND d.due <= :now", BY_DUE);
const PROBES = ['ready', 'deferred', 'held'].map((state) => nextOf(`d.state = '${state}' AND ${NOT_BY_HAND}`, BY_AGE));
const IS_ANY_DUE = `SELECT 1 FROM delivery
  WHERE destination = :destination AND state = 'deferred' AND due <= :now LIMIT 1`;

/**
 * Time until a deferred delivery of a destination is due, ms, at least 1; null when none will be by time alone.
 *
 * @param time - Now.
 */
export function nextDueInMs({ database }: StoreContext, destination: string, { nowUnixMs }: CallTime): number | null {
  // What is due already and yet was not claimed waits for a change, not for time.
  const row = database.get(
    "SELECT min(due) AS due FROM delivery WHERE destination = :destination AND state = 'deferred' AND due > :now",
    { destination, now: nowUnixMs },
  );
  const due = row === undefined ? null : readNumberOrNull(row, 'due');
  return due === null ? null : due - nowUnixMs;
}

function isBefore(a: Row, b: Row, { isProbe }: Pick<ClaimOptions, 'isProbe'>): boolean {
  const keys = (row: Row): readonly number[] => [
    readNumber(row, 'rank'),
    isProbe ? 0 : (readNumberOrNull(row, 'due') ?? 0),
    readNumber(row, 'position'),
  ];
  const other = keys(b);
  const difference = keys(a)
    .map((key, index) => key - (other[index] ?? 0))
    .find((step) => step !== 0);
  return difference !== undefined && difference < 0;
}

/** When, and whether only a sign of life is wanted. */
export type ClaimOptions = CallTime & {
  /** Also held and deferred ones, whatever their due time. */
  readonly isProbe: boolean;
};

/**
 * The delivery of a destination that goes next: by rank, then due, then order of acknowledgement; a probe takes the
 * oldest.
 *
 * @returns Columns for the change and the claim, or undefined when none may go now.
 */
export function findNextDelivery(
  { database }: StoreContext,
  destination: string,
  { isProbe, nowUnixMs }: ClaimOptions,
): Row | undefined {
  const due = { destination, now: nowUnixMs };
  const candidates = isProbe
    ? PROBES.map((sql) => database.get(sql, { destination }))
    : [
        database.get(NEXT_READY, { destination }),
        database.get(IS_ANY_DUE, due) === undefined ? undefined : database.get(NEXT_DUE, due),
      ];
  return candidates
    .filter((row) => row !== undefined)
    .reduce<Row | undefined>(
      (first, row) => (first === undefined || isBefore(row, first, { isProbe }) ? row : first),
      undefined,
    );
}
