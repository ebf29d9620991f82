// One IPC key in one file: made whole, replaced whole, checked at every load. Source: protocol.md 3.

import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { isName } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';
import { findPathProblem, type Ownership, type PathProblem, quotePath, refusePath } from '../disk/ownership.ts';
import { checkFile, openRealFile, privateFile } from '../disk/private-directory.ts';
import { syncDirectory } from '../disk/sync-directory.ts';
import { type IpcKey, makeNonce, type RandomBytes } from './handshake.ts';
import { type KeyRecord, parseKey, toKeyText } from './key-content.ts';

/** A folder of key files, and what each file in it must be. */
export type KeyFolder = { readonly directory: string; readonly file: Ownership };

/** What making keys needs. */
export type KeyMakingDeps = { readonly random: RandomBytes; readonly nowUnixMs: () => number };

/** What is known of a key before it is made. */
export type NewKey = Pick<IpcKey, 'kid' | 'scopes'> & { readonly label?: string | null };

/** A key file is a few hundred bytes; more is no key. */
const MAX_KEY_FILE_BYTES = 4096;
const EXTENSION = '.json';
const PART = /^\..+\.part$/;

/** The folder of this user's own keys: each file is private. */
export function ownKeyFolder(directory: string): KeyFolder {
  return { directory, file: privateFile() };
}

/**
 * Where the file of a key lies.
 *
 * @param directory - Folder of keys.
 * @param kid - Key id.
 */
export function keyPathOf(directory: string, kid: string): string {
  return join(directory, kid + EXTENSION);
}

/** Write a file that is there as a whole or not at all: a kill between name and content would leave a key nobody can load. */
async function writeWhole({ directory, file }: KeyFolder, kid: string, place: Placing): Promise<void> {
  const temporary = join(directory, `.${kid}${EXTENSION}.${randomUUID()}.part`);
  try {
    {
      await using part = await open(temporary, 'wx', 0o600);
      if (file.gid !== undefined) await part.chown(-1, file.gid);
      // Order: its group first, so that no other group can ever read it.
      if (file.mode !== 0o600) await part.chmod(file.mode);
      await part.writeFile(place.content);
      await part.sync();
    }
    await place.put(temporary, keyPathOf(directory, kid));
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(directory);
}

type Placing = { readonly content: string; readonly put: (from: string, to: string) => Promise<void> };

function cannotMake(folder: KeyFolder, kid: string, cause: unknown): AirlockError {
  const isThere = isSystemError(cause, 'EEXIST');
  const reason = isThere ? 'it exists' : 'it cannot be created';
  const message = `Cannot make key ${kid}: the file ${keyPathOf(folder.directory, kid)}: ${reason}`;
  return new AirlockError('cannot_write', message, { cause, data: { reason: isThere ? 'exists' : 'folder' } });
}

/**
 * Make a new key file. It has its mode from birth and never replaces another.
 *
 * @param folder - Folder of keys; checked by the caller.
 * @throws {AirlockError} cannot_write, `data.reason` `exists` when the file is there, `folder` when the system refuses.
 */
export async function createKey(deps: KeyMakingDeps, folder: KeyFolder, wanted: NewKey): Promise<KeyRecord> {
  const { kid, scopes, label = null } = wanted;
  const secret = makeNonce(deps.random);
  const created = new Date(deps.nowUnixMs()).toISOString();
  const record = { kid, scopes, created, label, expiresUnixMs: null };
  try {
    // Race: a link never replaces, so of two starts at once only one makes the file, and a planted link is never followed.
    await writeWhole(folder, kid, { content: toKeyText(secret, record), put: link });
  } catch (cause) {
    throw cannotMake(folder, kid, cause);
  }
  return { ...record, secret: new Secret(secret) };
}

/**
 * Replace a key's file as a whole: a crash leaves the old one or the new one.
 *
 * @param folder - Folder of keys.
 * @param record - What the file says from now on.
 * @param onReplaced - Called in the very moment in which it says so.
 * @throws {AirlockError} cannot_write when the system refuses; unless `onReplaced` was called, the old file is untouched then.
 */
export async function replaceKey(
  folder: KeyFolder,
  record: KeyRecord,
  onReplaced: () => void = () => undefined,
): Promise<void> {
  // Race: in one step, so that nobody who reads the new file meets a daemon that still has the old key.
  const put = (from: string, to: string): Promise<void> => {
    renameSync(from, to);
    onReplaced();
    return Promise.resolve();
  };
  try {
    await writeWhole(folder, record.kid, { content: toKeyText(record.secret.reveal(), record), put });
  } catch (cause) {
    throw cannotMake(folder, record.kid, cause);
  }
}

/**
 * Remove a key's file for good: it is gone after a power loss too. Harmless when there is none.
 *
 * @param directory - Folder of keys.
 * @throws the system's error.
 */
export async function removeKey(directory: string, kid: string): Promise<void> {
  await rm(keyPathOf(directory, kid), { force: true });
  await syncDirectory(directory);
}

const moveAway = (path: string): string => `mv ${quotePath(path)} ${quotePath(`${path}.old`)}`;

async function readKeyText(path: string, file: FileHandle, ownership: Ownership): Promise<string> {
  const stats = await file.stat();
  checkFile(path, stats, ownership);
  if (stats.size > MAX_KEY_FILE_BYTES) {
    const found = `${stats.size} bytes instead of at most ${MAX_KEY_FILE_BYTES}`;
    throw refusePath(path, { check: 'key_size', found, mend: moveAway(path) });
  }
  return file.readFile('utf8');
}

/** Why a file that is there cannot be opened: a socket, a folder that may not be entered, another's file. */
async function findWhy(path: string, ownership: Ownership): Promise<PathProblem> {
  const unreadable = {
    check: 'readable',
    found: 'a file that this user cannot open',
    mend: `ls -l ${quotePath(path)}`,
  };
  // Whatever stops this look as well, the file cannot be opened: the first error goes on as the cause.
  const stats = await lstat(path).catch(() => null);
  return stats === null ? unreadable : (findPathProblem(path, stats, { ...ownership, kind: 'file' }) ?? unreadable);
}

async function openKeyFile(path: string, ownership: Ownership): Promise<FileHandle> {
  try {
    return await openRealFile(path);
  } catch (cause) {
    if (cause instanceof AirlockError) throw cause;
    if (!isSystemError(cause, 'ENOENT')) throw refusePath(path, await findWhy(path, ownership), cause);
    throw new AirlockError('unavailable', `Cannot use key file ${path}: there is no such key`, { cause });
  }
}

/**
 * Load one key file. Everything is checked on the open file, so what was checked is what is read.
 *
 * @param path - `…/<kid>.json`.
 * @param kid - The id that the file must hold.
 * @param ownership - Whose it must be; this user's alone unless said.
 * @throws {AirlockError} unavailable with the check's name, what was found, and the command that mends it; `data.reason` is
 * `real_file`, `own_user`, `own_group`, `private_mode`, `shared_mode`, `readable`, `key_size` or `key_content`.
 */
export async function loadKey(path: string, kid: string, ownership: Ownership = privateFile()): Promise<KeyRecord> {
  await using file = await openKeyFile(path, ownership);
  const text = await readKeyText(path, file, ownership);
  const key = parseKey(text, kid);
  if (typeof key !== 'string') return key;
  const found = `${key}: it is no version 1 key file of ${kid}`;
  throw refusePath(path, { check: 'key_content', found, mend: moveAway(path) });
}

async function listNames(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw new AirlockError('unavailable', `Cannot list keys in ${directory}: the system refused`, { cause: error });
  }
}

/**
 * Ids of the key files in a folder, sorted.
 *
 * @param directory - Folder of keys.
 * @returns Empty when there is no such folder.
 * @throws {AirlockError} unavailable when the folder cannot be read.
 */
export async function listKeyIds(directory: string): Promise<readonly string[]> {
  const names = await listNames(directory);
  return names
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length))
    .filter(isName)
    .sort();
}

/**
 * Remove what a kill left half made: it may hold a key that nobody knows of.
 *
 * @param directory - Folder of keys; the caller holds the instance lock, so nobody is making one.
 */
export async function removeParts(directory: string): Promise<void> {
  const parts = (await listNames(directory)).filter((name) => PART.test(name));
  for (const name of parts) await rm(join(directory, name), { force: true });
}
