// Counts, each from the database: what is queued, what happened today, how many rows are in each state.

import { firstUuidV7 } from '../core/ids.ts';
import { DELIVERY_STATES, SUBMISSION_STATES } from '../core/states.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Database, SqlParameters } from './database.ts';
import { listPauses } from './pauses.ts';
import { readNumber, readNumberOrNull, readText } from './rows.ts';
import { isSubmissionCounted } from './states.ts';
import type { StoreSnapshot, StoreStats, Viewer } from './types.ts';

const DAY_MS = 86_400_000;

// Those without an end: looked up by their state, since new rows stand in few indexes.
const OPEN_STATES = SUBMISSION_STATES.filter(isSubmissionCounted)
  .map((state) => `'${state}'`)
  .join(', ');

function countByState<S extends string>(
  states: readonly S[],
  { database, sql, parameters = {} }: { database: Database; sql: string; parameters?: SqlParameters },
): Readonly<Record<S, number>> {
  const found = new Map(database.all(sql, parameters).map((row) => [readText(row, 'state'), readNumber(row, 'count')]));
  const entries = states.map((state) => [state, found.get(state) ?? 0] as const);
  // Trust: one entry per state, by construction.
  return Object.fromEntries(entries) as Record<S, number>;
}

function one(database: Database, sql: string, parameters: SqlParameters = {}): number {
  const row = database.get(`SELECT (${sql}) AS value`, parameters);
  return row === undefined ? 0 : (readNumberOrNull(row, 'value') ?? 0);
}

/**
 * What counts towards the bound: submissions without reports yet, and reports with a delivery that is not delivered.
 *
 * @param database - To count in.
 */
export function countItems(database: Database): number {
  return (
    one(database, `SELECT count(*) FROM submission WHERE state IN (${OPEN_STATES})`) +
    one(database, "SELECT count(DISTINCT report) FROM delivery WHERE state <> 'delivered'")
  );
}

/**
 * Bytes that are kept: raw files with their companions, and bodies of reports with their attachments.
 *
 * @param database - To count in.
 */
export function countBytes(database: Database): { readonly submissions: number; readonly reports: number } {
  return {
    submissions:
      one(
        database,
        `SELECT sum(size + companion_size) FROM submission WHERE state IN (${OPEN_STATES}) AND has_body = 1`,
      ) +
      one(database, 'SELECT sum(size + companion_size) FROM submission WHERE has_body = 1 AND ended_at IS NOT NULL'),
    reports:
      one(database, 'SELECT sum(size) FROM report WHERE has_body = 1') +
      one(database, 'SELECT sum(size) FROM attachment'),
  };
}

/** Counts by state that agree with the announcements: all up to `asOfChange` are in. */
export function takeSnapshot({ database, ledger }: StoreContext, { kid }: Viewer): StoreSnapshot {
  const parameters: SqlParameters = kid === null ? {} : { kid };
  const ofKid = kid === null ? '' : 'WHERE kid = :kid';
  const ofKidsReports =
    kid === null
      ? ''
      : 'WHERE report IN (SELECT r.seq FROM report AS r JOIN submission AS s ON s.seq = r.submission WHERE s.kid = :kid)';
  return {
    asOfChange: ledger.lastChangeSeq(),
    submissions: countByState(SUBMISSION_STATES, {
      database,
      sql: `SELECT state, count(*) AS count FROM submission ${ofKid} GROUP BY state`,
      parameters,
    }),
    deliveries: countByState(DELIVERY_STATES, {
      database,
      sql: `SELECT state, count(*) AS count FROM delivery ${ofKidsReports} GROUP BY state`,
      parameters,
    }),
  };
}

function countToday(database: Database, { nowUnixMs }: CallTime): StoreStats['today'] {
  const since = { since: Math.floor(nowUnixMs / DAY_MS) * DAY_MS };
  const last = database.get('SELECT max(delivered_at) AS last FROM delivery WHERE delivered_at IS NOT NULL');
  return {
    submissions: one(database, 'SELECT count(*) FROM submission WHERE id >= :first', {
      first: firstUuidV7(since.since),
    }),
    reports: one(database, 'SELECT count(*) FROM report WHERE created_at >= :since', since),
    delivered: one(database, 'SELECT count(*) FROM delivery WHERE delivered_at >= :since', since),
    failed: one(
      database,
      `SELECT count(*) FROM submission WHERE ended_at >= :since
       AND state IN ('rejected', 'failed', 'stopped', 'crashed', 'quarantined')`,
      since,
    ),
    lastDeliveryUnixMs: last === undefined ? null : readNumberOrNull(last, 'last'),
  };
}

/** What `queue/stats` says. */
export function countStats(context: StoreContext, time: CallTime): StoreStats {
  const { database, ledger, limits, refusals, disk, ballast } = context;
  const { submissions, deliveries } = takeSnapshot(context, { kid: null });
  const oldest = database.get("SELECT min(created_at) AS oldest FROM delivery WHERE state = 'ready'");
  const oldestUnixMs = oldest === undefined ? null : readNumberOrNull(oldest, 'oldest');
  return {
    items: ledger.items(),
    maxItems: limits.maxItems,
    submissions,
    deliveries,
    bytes: { ...countBytes(database), reserved: ledger.reservations.held().bytes, max: limits.maxBytes },
    disk: {
      freeBytes: Math.max(0, disk.forRows()),
      floorBytes: limits.diskFloorBytes,
      ballast: ballast.state(),
    },
    pauses: listPauses(context),
    oldestReadyAgeMs: oldestUnixMs === null ? null : Math.max(0, time.nowUnixMs - oldestUnixMs),
    refusals: Object.fromEntries(refusals),
    today: countToday(database, time),
  };
}
