// The store's folder: made private and durable, with its format written first and read first.

import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { checkPrivateDirectory } from '../disk/private-directory.ts';
import { syncDirectory } from '../disk/sync-directory.ts';

const FORMAT = 'airlock-queue 1\n';

/** Paths of the store's files. */
export type StoreFiles = { readonly lock: string; readonly format: string; readonly database: string };

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

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

function unknownFormat(reason: string): AirlockError {
  return new AirlockError('unavailable', `Cannot open store: ${reason}`, { data: { reason: 'unknown_format' } });
}

/**
 * Read the format, or write it into an empty folder, and make the database file with its mode.
 *
 * Order: under the lock, before anything else is read.
 *
 * @throws {AirlockError} unavailable when the format is not the one this build knows, or missing beside a database.
 */
export async function prepareStoreFiles(files: StoreFiles): Promise<void> {
  const format = await readFormat(files.format);
  if (format !== null && format !== FORMAT) {
    throw unknownFormat(
      `its format is ${JSON.stringify(format.slice(0, 40).trim())}, this build knows only "${FORMAT.trim()}"`,
    );
  }
  const hasDatabase = await exists(files.database);
  if (format === null && hasDatabase) throw unknownFormat('there is a database, but no FORMAT file');
  if (format === null) await writeFileAtomic(files.format, FORMAT);
  if (hasDatabase) return;
  // SQLite gives its other files the mode of this one.
  await using database = await open(files.database, 'wx', 0o600);
  await database.sync();
  await syncDirectory(dirname(files.database));
}
