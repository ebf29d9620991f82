// The one SQLite connection of the store: settings asserted, statements prepared once.

import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { AirlockError } from '../core/errors.ts';

/** One row as SQLite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;
/** Named parameters, without their colon. */
export type SqlParameters = Readonly<Record<string, SQLInputValue>>;

/** A connection on which every statement text is prepared once. Texts are constants of this room: their number is small. */
export type Database = Disposable & {
  /** First row, or undefined. */
  readonly get: (sql: string, parameters?: SqlParameters) => Row | undefined;
  readonly all: (sql: string, parameters?: SqlParameters) => readonly Row[];
  /** Number of rows changed, and the last row inserted. */
  readonly run: (sql: string, parameters?: SqlParameters) => { readonly changes: number; readonly seq: number };
  /** Statements without parameters or results. */
  readonly exec: (sql: string) => void;
  /** False when SQLite has rolled back by itself. */
  readonly isInTransaction: () => boolean;
};

/** How far a commit must reach before it returns: `FULL` = on disk, `NORMAL` = kill -9 but not power loss. */
export type Durability = 'FULL' | 'NORMAL';

// Source: queue.md 2: older ones have a WAL bug.
const SQLITE_FLOOR = [3, 51, 3] as const;
const BUSY_TIMEOUT_MS = 5_000;
const JOURNAL_SIZE_LIMIT_BYTES = 16 * 1024 ** 2;
const PAGE_BYTES = 4_096;
// 8 MiB of pages: each checkpoint costs two more flushes. Source: queue.md 2, readers.
const CHECKPOINT_PAGES = 2_048;
const FEWEST_CHECKPOINT_PAGES = 64;
const SYNCHRONOUS_FULL = 2;

/**
 * Is this SQLite new enough?
 *
 * @param version - As SQLite names itself, e.g. `3.53.4`.
 */
export function isSqliteNewEnough(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, floor] of SQLITE_FLOOR.entries()) {
    const part = parts[index] ?? 0;
    if (part !== floor) return part > floor;
  }
  return true;
}

function makeDatabase(connection: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    get: (sql, parameters = {}) => prepare(sql).get(parameters),
    all: (sql, parameters = {}) => prepare(sql).all(parameters),
    run: (sql, parameters = {}) => {
      const { changes, lastInsertRowid } = prepare(sql).run(parameters);
      return { changes: Number(changes), seq: Number(lastInsertRowid) };
    },
    exec: (sql) => connection.exec(sql),
    isInTransaction: () => connection.isTransaction,
    [Symbol.dispose]: () => {
      if (connection.isOpen) connection.close();
    },
  };
}

function assertSetting(database: Database, name: string, expected: string | number): void {
  const found = Object.values(database.get(`PRAGMA ${name}`) ?? {})[0];
  if (found === expected) return;
  throw new AirlockError('unavailable', `Cannot open database: ${name} is ${String(found)} instead of ${expected}`);
}

/** Half the ballast at most: on a full disk what is in the log has to fit into the file, or nothing is ever given back. */
function checkpointPages(ballastBytes: number): number {
  const half = Math.floor(ballastBytes / 2 / PAGE_BYTES);
  return ballastBytes === 0 ? CHECKPOINT_PAGES : Math.max(FEWEST_CHECKPOINT_PAGES, Math.min(CHECKPOINT_PAGES, half));
}

function configure(database: Database, { ballastBytes }: { readonly ballastBytes: number }): void {
  const pages = checkpointPages(ballastBytes);
  const version = String(database.get('SELECT sqlite_version() AS version')?.['version']);
  if (!isSqliteNewEnough(version)) {
    const message = `Cannot open database: SQLite ${version} is older than ${SQLITE_FLOOR.join('.')}`;
    throw new AirlockError('unavailable', message);
  }
  // Order: auto_vacuum takes effect only before the first table exists and before WAL.
  database.exec(`PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA trusted_schema = OFF;
    PRAGMA wal_autocheckpoint = ${pages};
    PRAGMA journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES}`);
  assertSetting(database, 'journal_mode', 'wal');
  assertSetting(database, 'synchronous', SYNCHRONOUS_FULL);
  assertSetting(database, 'foreign_keys', 1);
  assertSetting(database, 'trusted_schema', 0);
  assertSetting(database, 'wal_autocheckpoint', pages);
}

/**
 * Open the database with the settings that durability needs, each read back.
 *
 * @param path - The file; created by the caller, so that its mode is the caller's.
 * @param options - `ballastBytes`: room that a full disk leaves; 0 = none.
 * @throws {AirlockError} unavailable when SQLite is too old or a setting does not hold.
 * Source: queue.md 2, SQLite settings.
 */
export function openDatabase(path: string, options: { readonly ballastBytes: number } = { ballastBytes: 0 }): Database {
  const connection = new DatabaseSync(path, {
    timeout: BUSY_TIMEOUT_MS,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
  });
  try {
    connection.enableDefensive(true);
    const database = makeDatabase(connection);
    configure(database, options);
    return database;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * Run work in one transaction of its own.
 *
 * @param work - Throwing rolls everything back.
 * @param durability - Changed only here, between transactions.
 */
export function inTransaction<T>(database: Database, work: () => T, durability: Durability = 'FULL'): T {
  database.exec(`PRAGMA synchronous = ${durability}; BEGIN IMMEDIATE`);
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite rolls back by itself on a full disk and on I/O errors.
    if (database.isInTransaction()) database.exec('ROLLBACK');
    throw error;
  }
}
