import { describe, expect, it } from 'vitest';
import { inTransaction, isSqliteNewEnough, openDatabase } from '../../../src/store/database.ts';
import { migrate, SCHEMA_VERSION } from '../../../src/store/schema.ts';
import { makeTemporaryFolder } from '../../support/store.ts';

describe('migrate()', () => {
  it('brings an empty database to the newest version, and does nothing the second time', () => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`);

    migrate(database);
    migrate(database);

    expect(database.get('PRAGMA user_version')).toEqual({ user_version: SCHEMA_VERSION });
  });

  it('brings a database of the first version along, with what waits in it', () => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`);
    migrate(database, 1);
    database.exec(`INSERT INTO submission (seq, id, kid, name, state, rank, size, sha256, received_at, arguments)
      VALUES (1, 'id', 'submit', 'a.csv', 'received', 1, 3, 'hash', 1, '{}');
      INSERT INTO body (submission, bytes) VALUES (1, x'616263')`);

    migrate(database);

    expect(database.get('SELECT id, body_file, companion_size FROM submission JOIN body ON submission = seq')).toEqual({
      id: 'id',
      body_file: null,
      companion_size: 0,
    });
  });

  it('refuses a database of a newer build and leaves it as it is', () => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);

    expect(() => migrate(database)).toThrow(
      expect.objectContaining({ code: 'unavailable', data: { reason: 'unknown_version' } }),
    );
    expect(database.get('SELECT count(*) AS tables FROM sqlite_schema')).toEqual({ tables: 0 });
  });
});

describe('openDatabase()', () => {
  it.each([
    [0, 2048],
    [1024 ** 2, 128],
    [16 * 1024 ** 2, 2048],
    [1024 ** 3, 2048],
  ])('lets no more into the log than half a ballast of %i bytes can take back', (ballastBytes, pages) => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`, { ballastBytes });

    expect(database.get('PRAGMA wal_autocheckpoint')).toEqual({ wal_autocheckpoint: pages });
  });

  it('sets what durability needs', () => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`);
    const read = (name: string) => Object.values(database.get(`PRAGMA ${name}`) ?? {})[0];

    const names = [
      'journal_mode',
      'synchronous',
      'foreign_keys',
      'trusted_schema',
      'auto_vacuum',
      'journal_size_limit',
      'wal_autocheckpoint',
    ];
    expect(names.map(read)).toEqual(['wal', 2, 1, 0, 2, 16_777_216, 2_048]);
  });

  it('refuses writes to its own schema', () => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`);
    migrate(database);

    expect(() => database.exec("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''")).toThrow();
  });
});

describe('isSqliteNewEnough()', () => {
  it.each([
    ['3.51.2', false],
    ['3.51.3', true],
    ['3.51.4', true],
    ['3.50.9', false],
    ['3.52.0', true],
    ['4.0.0', true],
    ['2.99.99', false],
  ])('says of %s: %s', (version, expected) => {
    expect(isSqliteNewEnough(version)).toBe(expected);
  });
});

describe('inTransaction()', () => {
  it('rolls everything back when the work throws', () => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`);

    const run = () =>
      inTransaction(database, () => {
        database.exec('CREATE TABLE t (a)');
        throw new Error('no');
      });

    expect(run).toThrow('no');
    expect(database.isInTransaction()).toBe(false);
    expect(database.get('SELECT count(*) AS tables FROM sqlite_schema')).toEqual({ tables: 0 });
  });

  it('is on disk at every FULL commit, also right after a NORMAL one', () => {
    using folder = makeTemporaryFolder();
    using database = openDatabase(`${folder.path}/queue.db`);
    const level = () => database.get('PRAGMA synchronous')?.['synchronous'];

    const levels = [inTransaction(database, level, 'NORMAL'), inTransaction(database, level)];

    expect(levels).toEqual([1, 2]);
  });
});
