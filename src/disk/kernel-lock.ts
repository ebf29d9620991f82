// A lock that belongs to a living process: held by the kernel, gone with the process, impossible to steal.

import { open, readFile, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { writeFileAtomic } from './atomic-file.ts';

/** Who holds a lock, as others are told. */
export type LockOwner = { readonly pid: number; readonly startedAtUnixMs: number };

// Covers the moment in which two starters meet half way, so that one of them wins; blocks this thread for as long at most.
const MEETING_MS = 250;
// Source: sqlite.org/rescode.html, SQLITE_BUSY.
const SQLITE_BUSY = 5;

const ownerFileOf = (path: string): string => `${path}.owner.json`;

// Race: only a file that is not there yet is opened. Closing any descriptor of a locked file drops this process's own lock on it.
async function createPrivate(path: string): Promise<void> {
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.sync();
  } catch (cause) {
    if (isSystemError(cause, 'EEXIST')) return;
    throw new AirlockError('cannot_write', `Cannot make lock ${path}: the system refused`, { cause });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function parseOwner(text: string): LockOwner | null {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || !('pid' in parsed) || !('startedAtUnixMs' in parsed))
    return null;
  const { pid, startedAtUnixMs } = parsed;
  return typeof pid === 'number' && typeof startedAtUnixMs === 'number' ? { pid, startedAtUnixMs } : null;
}

/**
 * Who holds this lock, or held it last; null when nobody ever said so.
 *
 * @param path - The lock's path, as given to {@link openKernelLock}.
 */
export async function readLockOwner(path: string): Promise<LockOwner | null> {
  try {
    return parseOwner(await readFile(ownerFileOf(path), 'utf8'));
  } catch {
    // Only a name for people: a missing or damaged file must not hide that the lock is taken.
    return null;
  }
}

async function refuse(path: string, cause: unknown): Promise<AirlockError> {
  const owner = await readLockOwner(path);
  const holder =
    owner === null
      ? 'another process holds it'
      : `process ${owner.pid} holds it since ${new Date(owner.startedAtUnixMs).toISOString()}`;
  return new AirlockError('already_running', `Cannot lock ${path}: ${holder}`, { cause, data: { ...owner } });
}

function takeLock(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: MEETING_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Take a lock and hold it until it is disposed or the process ends, however it ends.
 *
 * The lock is an exclusive transaction on a small SQLite file; no other part may ever open that file. The holder's name lies
 * beside it in `<path>.owner.json`, for people only. Waits a quarter of a second at most, blocking this thread.
 *
 * @param path - The lock file, made with mode 0600 when missing; its folder must exist and be private.
 * @param owner - What a second starter is told.
 * @throws {AirlockError} already_running when it is taken; `data` has the holder's `pid` and `startedAtUnixMs` where known.
 * @throws {AirlockError} cannot_write when the file cannot be made.
 */
export async function openKernelLock(path: string, owner: LockOwner): Promise<AsyncDisposable> {
  await createPrivate(path);
  let database: DatabaseSync;
  try {
    database = takeLock(path);
  } catch (error) {
    if (isBusy(error)) throw await refuse(path, error);
    throw new AirlockError('cannot_write', `Cannot lock ${path}: it is no lock file`, { cause: error });
  }
  try {
    // Order: only the holder writes its name.
    await writeFileAtomic(ownerFileOf(path), `${JSON.stringify(owner)}\n`);
  } catch (error) {
    database.close();
    throw error;
  }
  let released: Promise<void> | null = null;
  const release = async (): Promise<void> => {
    // Order: the name goes first; after the lock is free the file may be the next holder's.
    await rm(ownerFileOf(path), { force: true }).finally(() => database.close());
  };
  return { [Symbol.asyncDispose]: () => (released ??= release()) };
}
