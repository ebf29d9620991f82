// The store's folder: made private and durable, with its format written first and read first.

import { mkdir, open, readFile, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { ensureDurableDirectory } from '../disk/durable-file.ts';
import { checkPrivateDirectory } from '../disk/private-directory.ts';
import { syncDirectory } from '../disk/sync-directory.ts';

const FORMAT = 'airlock-queue 1\n';

/** Paths of the store's files. */
export type StoreFiles = {
  readonly lock: string;
  readonly format: string;
  readonly database: string;
  /** There once the database has its tables: from then on a database without them is a loss, not a first start. */
  readonly inUse: string;
  /** Folder of bodies while they arrive. */
  readonly incoming: string;
  /** Folder of bodies that are stored. */
  readonly payload: string;
  /** Real bytes, given up when the disk is full. */
  readonly ballast: string;
};

/**
 * Say where the store's files lie.
 *
 * @param directory - The store's folder.
 */
export function filesOf(directory: string): StoreFiles {
  return {
    lock: join(directory, 'owner.lock'),
    format: join(directory, 'FORMAT'),
    database: join(directory, 'queue.db'),
    inUse: join(directory, 'IN_USE'),
    incoming: join(directory, 'incoming'),
    payload: join(directory, 'payload'),
    ballast: join(directory, 'ballast'),
  };
}

/**
 * Make the folder and what is missing above it, mode 0700, and make the new names durable; check that it is private.
 *
 * @param directory - The store's folder.
 * @throws {AirlockError} cannot_write when the system refuses; unavailable when it is there and not private.
 */
export async function makeStoreFolder(directory: string): Promise<void> {
  try {
    const firstMade = await mkdir(directory, { recursive: true, mode: 0o700 });
    // Order: a name is durable only after the folder that holds it is flushed, up to the first one that was there before.
    if (firstMade !== undefined) {
      for (let folder = directory; folder !== dirname(firstMade); folder = dirname(folder)) {
        await syncDirectory(dirname(folder));
      }
    }
  } catch (cause) {
    if (!isSystemError(cause, 'EEXIST')) {
      throw new AirlockError('cannot_write', `Cannot make folder ${directory}: the system refused`, { cause });
    }
  }
  await checkPrivateDirectory(directory);
}

async function readFormat(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Size in bytes; null = there is nothing. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Everything of the database may still be in its log: SQLite writes it back at the next opening. */
async function isEmpty({ database }: StoreFiles, size: number | null): Promise<boolean> {
  return size === null || (size === 0 && ((await sizeOf(`${database}-wal`)) ?? 0) === 0);
}

function unknownFormat(reason: string): AirlockError {
  return new AirlockError('unavailable', `Cannot open store: ${reason}`, { data: { reason: 'unknown_format' } });
}

async function refuseLoss({ inUse, database }: StoreFiles): Promise<void> {
  if ((await sizeOf(inUse)) === null) return;
  const mend = `put ${database} back from a backup, or move its folder away to begin with an empty store`;
  throw new AirlockError('unavailable', `Cannot open store: its database is missing or empty; ${mend}`, {
    data: { reason: 'database_missing' },
  });
}

/**
 * Remember that the database has its tables. Call it after the first opening and before anything is taken in.
 *
 * @throws {AirlockError} cannot_write when the system refuses.
 */
export async function markInUse({ inUse }: StoreFiles): Promise<void> {
  if ((await sizeOf(inUse)) === null) await writeFileAtomic(inUse, '');
}

// Below this even a lock file may not find room. Source: queue.md 2, full disk.
const NO_ROOM_BYTES = 1024 ** 2;

/**
 * Give the ballast up where the disk is full, so that everything else can start.
 *
 * @param ballast - Its path.
 */
export async function freeBallastIfFull(ballast: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(ballast));
  if (bavail * bsize < NO_ROOM_BYTES) await rm(ballast, { force: true });
}

/** Make the folders of large bodies, and forget what was arriving when the last process ended. */
async function prepareBodyFolders({ incoming, payload }: StoreFiles): Promise<void> {
  await rm(incoming, { recursive: true, force: true });
  await ensureDurableDirectory(incoming);
  await ensureDurableDirectory(payload);
  // The folder may have been made by a process that died before it was flushed, and so may those inside.
  await syncDirectory(dirname(payload));
  await syncDirectory(payload);
}

/**
 * Read the format, or write it into an empty folder, and make the database file with its mode.
 *
 * Order: under the lock, before anything else is read.
 *
 * @throws {AirlockError} unavailable when the format is not the one this build knows, or missing beside a database; when a
 * database that was in use is missing or empty.
 */
export async function prepareStoreFiles(files: StoreFiles): Promise<void> {
  const format = await readFormat(files.format);
  if (format !== null && format !== FORMAT) {
    throw unknownFormat(
      `its format is ${JSON.stringify(format.slice(0, 40).trim())}, this build knows only "${FORMAT.trim()}"`,
    );
  }
  const size = await sizeOf(files.database);
  const hasDatabase = size !== null;
  if (format === null && hasDatabase) throw unknownFormat('there is a database, but no FORMAT file');
  if (await isEmpty(files, size)) await refuseLoss(files);
  await prepareBodyFolders(files);
  if (format === null) await writeFileAtomic(files.format, FORMAT);
  if (hasDatabase) return;
  // SQLite gives its other files the mode of this one.
  await using database = await open(files.database, 'wx', 0o600);
  await database.sync();
  await syncDirectory(dirname(files.database));
}
