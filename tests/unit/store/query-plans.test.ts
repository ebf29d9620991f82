// No query that people and programs wait for reads a table of 100,000 rows from its beginning to its end.

import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { toKeyId, toSubmissionId } from '../../../src/core/ids.ts';
import { type Database, openDatabase, type SqlParameters } from '../../../src/store/database.ts';
import { accept } from '../../../src/store/accept.ts';
import type { StoreContext } from '../../../src/store/context.ts';
import { makeLedger } from '../../../src/store/ledger.ts';
import { deleteSubmissions } from '../../../src/store/delete-submissions.ts';
import { findNextDelivery } from '../../../src/store/delivery-order.ts';
import { handDeliveries } from '../../../src/store/hand-deliveries.ts';
import { countByDestination, getDelivery, listDeliveries } from '../../../src/store/list-deliveries.ts';
import { getReport, getSubmission, listReports, listSubmissions } from '../../../src/store/lists.ts';
import { countOpenWork } from '../../../src/store/open-work.ts';
import { prune } from '../../../src/store/prune.ts';
import { retrySubmissions } from '../../../src/store/retry.ts';
import { migrate } from '../../../src/store/schema.ts';
import { countBytes, countItems, countStats, takeSnapshot } from '../../../src/store/stats.ts';
import { claimSubmission, wakeWaiting } from '../../../src/store/submissions.ts';
import { makeInput, makeTemporaryFolder, NOON_UNIX_MS, reportId } from '../../support/store.ts';

const ROWS = 100_000;
const time = { nowUnixMs: NOON_UNIX_MS };

// Finished submissions, each with its key: what a busy station has after a month.
const NUMBERS = `WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${ROWS})`;
const FILL = `
  ${NUMBERS} INSERT INTO submission (id, kid, name, state, rank, size, sha256, received_at, ended_at, arguments, has_body)
    SELECT printf('%08x-0000-7000-8000-000000000000', value), printf('kid-%d', value % 5), 'a.csv', 'converted', value, 10,
      'hash', value, value, '{}', value % 2
    FROM n;
  ${NUMBERS} INSERT INTO idempotency (kid, key, sha256, size, submission_id, answered_at)
    SELECT 'kid', printf('%06d', value), 'hash', 10, 'id', ${NOON_UNIX_MS} FROM n;`;

/** Every statement that is run, with the plan that SQLite has for it. */
function recordPlans(
  database: Database,
  path: string,
): { readonly recorded: Database; readonly plans: Map<string, string[]> } {
  const plans = new Map<string, string[]>();
  const note = (sql: string, parameters: SqlParameters): void => {
    using reader = new DatabaseSync(path, { readOnly: true });
    const rows = reader.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(parameters);
    plans.set(
      sql.replaceAll(/\s+/g, ' '),
      rows.map((row) => String(row['detail'])),
    );
  };
  const recorded: Database = {
    ...database,
    get: (sql, parameters = {}) => (note(sql, parameters), database.get(sql, parameters)),
    all: (sql, parameters = {}) => (note(sql, parameters), database.all(sql, parameters)),
    [Symbol.dispose]: () => undefined,
  };
  return { recorded, plans };
}

function makeContext(database: Database): StoreContext {
  const disk = { forRows: () => 2 ** 40, forFiles: () => 2 ** 40, take: () => undefined, forget: () => undefined };
  return {
    database,
    ledger: makeLedger({ items: 0, bytes: 0, lastSeq: 0 }),
    limits: {
      maxItems: 0,
      maxBytes: 0,
      diskFloorBytes: 0,
      ballastBytes: 0,
      receipts: { keep: 2 ** 50, count: ROWS },
      idempotencyMs: 2 ** 50,
    },
    refusals: new Map(),
    shortage: { bytes: 0 },
    keySweep: { after: null },
    payload: '/nowhere',
    disk,
    ballast: { state: () => 'off', release: () => false, rebuild: () => false },
  };
}

function runAll(context: StoreContext): void {
  const { database } = context;
  const page = { limit: 100, cursor: null };
  accept(context, makeInput(), time);
  claimSubmission(context, time);
  wakeWaiting(context, ['converter_pending'], time);
  for (const kid of [null, toKeyId('kid-1')]) {
    for (const state of [null, 'received', 'converted'] as const) listSubmissions(context, { kid }, { ...page, state });
    for (const state of [null, 'dead', 'delivered'] as const)
      listReports(context, { kid }, { ...page, state, submissionId: null });
    takeSnapshot(context, { kid });
    getSubmission(context, toSubmissionId('x'), { kid });
    getReport(context, reportId(1), { kid });
  }
  for (const destination of [null, 'folder']) listDeliveries(context, { ...page, state: null, destination });
  countByDestination(context);
  countOpenWork(context, { destination: null, served: ['folder'] });
  getDelivery(context, { reportId: reportId(1), destination: 'folder' });
  findNextDelivery(context, 'folder', { isProbe: true, ...time });
  for (const action of ['hold', 'release', 'delete'] as const) {
    const filter = { kind: 'filter', after: 0, state: null, destination: 'folder' } as const;
    handDeliveries(context, filter, { action, isDryRun: true });
  }
  deleteSubmissions(
    context,
    { kind: 'named', submissions: [toSubmissionId('00000001-0000-7000-8000-000000000000')] },
    { isDryRun: false, kid: null, ...time },
  );
  countStats(context, time);
  countItems(database);
  countBytes(database);
  retrySubmissions(
    context,
    { kind: 'filter', state: 'failed', after: 0 },
    { converter: null, arguments: null, isDryRun: true, kid: null, ...time },
  );
  prune(context, time);
}

// Counts read an index that holds just what they count, whole; `delivery_open` has only what is still to be delivered.
const isFullScan = (detail: string): boolean =>
  detail.startsWith('SCAN ') && !/ USING (COVERING INDEX|INDEX delivery_open)|^SCAN CONSTANT ROW$/.test(detail);

describe('the queries of the store', () => {
  it('never scan a table', () => {
    using folder = makeTemporaryFolder();
    const path = `${folder.path}/queue.db`;
    using database = openDatabase(path);
    migrate(database);
    database.exec(FILL);
    const { recorded, plans } = recordPlans(database, path);

    runAll(makeContext(recorded));

    const scans = [...plans].filter(([, details]) => details.some(isFullScan));
    expect(scans).toEqual([]);
    expect(plans.size).toBeGreaterThan(25);
  });

  it('of taking a file in write few pages: a new row stands in three indexes', () => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`);
    migrate(database);

    const rows = database.all(
      "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('submission', 'idempotency', 'body') AND sql NOT LIKE '% WHERE %'",
    );

    expect(rows.map((row) => row['name'])).toEqual(['submission_claim', 'submission_kid']);
  });
});
