// IPC key files: made once, checked at every load, found by id. Source: protocol.md 3.

import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { isName, type KeyId, toKeyId } from '../core/ids.ts';
import { type Scope, SCOPES } from '../core/scopes.ts';
import { Secret } from '../core/secret.ts';
import {
  checkPrivateDirectory,
  checkPrivateFile,
  ensurePrivateDirectory,
  openRealFile,
} from '../disk/private-directory.ts';
import { syncDirectory } from '../disk/sync-directory.ts';
import { type IpcKey, makeNonce, type RandomBytes } from './handshake.ts';
import { isJsonObject, type JsonObject } from './json-body.ts';

/** Finds keys by id. */
export type KeyRing = {
  /** @returns null when there is no such key; answer the peer as if there were one. */
  readonly find: (kid: string) => IpcKey | null;
};

/** What making keys needs. */
export type KeyMakingDeps = { readonly random: RandomBytes; readonly nowUnixMs: () => number };

/** Keys that a first start makes: the owner's own, and one for scripts and instruments. */
const FIRST_KEYS = [
  { kid: toKeyId('local'), scopes: [...SCOPES] },
  { kid: toKeyId('submit'), scopes: ['submit'] },
] as const satisfies readonly { readonly kid: KeyId; readonly scopes: readonly Scope[] }[];

/** A key file is a few hundred bytes; more is no key. */
const MAX_KEY_FILE_BYTES = 4096;
const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/;
const EXTENSION = '.json';

/** Make a file that is there as a whole or not at all: a kill between name and content would leave a key nobody can load. */
async function createWhole(path: string, content: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  try {
    {
      await using file = await open(temporary, 'wx', 0o600);
      await file.writeFile(content);
      await file.sync();
    }
    // Race: a link never replaces, so of two starts at once only one makes the file, and a planted link is never followed.
    await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Make a new key file. It is private from birth and never replaces another.
 *
 * @param directory - `<home>/keys`; must be private.
 * @throws {AirlockError} cannot_write when the file exists or the system refuses.
 */
export async function createKey(
  deps: KeyMakingDeps,
  directory: string,
  { kid, scopes }: Pick<IpcKey, 'kid' | 'scopes'>,
): Promise<IpcKey> {
  const path = join(directory, kid + EXTENSION);
  const key = makeNonce(deps.random);
  const created = new Date(deps.nowUnixMs()).toISOString();
  try {
    await createWhole(path, `${JSON.stringify({ v: 1, kid, key, scopes, created }, null, 2)}\n`);
  } catch (cause) {
    throw new AirlockError('cannot_write', `Cannot make key ${kid}: the file ${path} cannot be created`, { cause });
  }
  await syncDirectory(directory);
  return { kid, secret: new Secret(key), scopes };
}

function isScopeList(value: unknown): value is readonly Scope[] {
  const known: readonly unknown[] = SCOPES;
  return Array.isArray(value) && value.length > 0 && value.every((scope) => known.includes(scope));
}

function parseKey(value: JsonObject, kid: string): IpcKey | null {
  const { v, kid: named, key, scopes } = value;
  if (v !== 1 || named !== kid || !isName(kid)) return null;
  if (typeof key !== 'string' || !KEY_TEXT.test(key) || !isScopeList(scopes)) return null;
  return { kid: toKeyId(kid), secret: new Secret(key), scopes };
}

async function readKeyText(path: string, file: FileHandle): Promise<string> {
  const stats = await file.stat();
  checkPrivateFile(path, stats);
  if (stats.size > MAX_KEY_FILE_BYTES) {
    const size = `${stats.size} bytes, at most ${MAX_KEY_FILE_BYTES} are expected`;
    throw new AirlockError('unavailable', `Cannot use key file ${path}: it has ${size}`);
  }
  return file.readFile('utf8');
}

async function openKeyFile(path: string): Promise<FileHandle> {
  try {
    return await openRealFile(path);
  } catch (cause) {
    if (cause instanceof AirlockError) throw cause;
    const reason = isSystemError(cause, 'ENOENT') ? 'there is no such key' : 'the file cannot be opened';
    throw new AirlockError('unavailable', `Cannot use key file ${path}: ${reason}`, { cause });
  }
}

/**
 * Load one key file. Everything is checked on the open file, so what was checked is what is read.
 *
 * @param path - `…/<kid>.json`.
 * @param kid - The id that the file must hold.
 * @throws {AirlockError} unavailable when it is no regular file, is a link, belongs to another user, is open to group or others
 * (each with the command that mends it), or holds no key.
 */
export async function loadKey(path: string, kid: string): Promise<IpcKey> {
  await using file = await openKeyFile(path);
  const text = await readKeyText(path, file);
  const key = parseKey(parseObject(text), kid);
  if (key === null) {
    const message = `Cannot use key file ${path}: it is no version 1 key file of ${kid}; move it away and make a new key`;
    throw new AirlockError('unavailable', message);
  }
  return key;
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    // The parser's message would quote the key.
    return {};
  }
}

/**
 * Ids of the key files in a folder, sorted.
 *
 * @param directory - `<home>/keys`.
 * @returns Empty when there is no such folder.
 */
export async function listKeyIds(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return [];
    throw new AirlockError('unavailable', `Cannot list keys in ${directory}: the system refused`, { cause: error });
  });
  return names
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length))
    .filter(isName)
    .sort();
}

/**
 * Load every key of a folder; one bad file refuses them all.
 *
 * @param directory - `<home>/keys`.
 * @throws {AirlockError} unavailable when the folder or any key file fails a check.
 */
export async function loadKeys(directory: string): Promise<readonly IpcKey[]> {
  await checkPrivateDirectory(directory);
  const kids = await listKeyIds(directory);
  return Promise.all(kids.map((kid) => loadKey(join(directory, kid + EXTENSION), kid)));
}

/**
 * Make the folder and the keys of a first start where they are missing: `local` with every scope, `submit` for sending only.
 *
 * @param directory - `<home>/keys`.
 * @throws {AirlockError} unavailable as {@link loadKeys}; cannot_write when a key cannot be made.
 */
export async function ensureKeys(deps: KeyMakingDeps, directory: string): Promise<readonly IpcKey[]> {
  await ensurePrivateDirectory(directory);
  const present = await loadKeys(directory);
  const missing = FIRST_KEYS.filter(({ kid }) => !present.some((key) => key.kid === kid));
  const made = await Promise.all(missing.map((wanted) => createKey(deps, directory, wanted)));
  return [...present, ...made];
}

/**
 * Make a key ring.
 *
 * @param keys - Keys that were loaded.
 */
export function makeKeyRing(keys: readonly IpcKey[]): KeyRing {
  const byId = new Map<string, IpcKey>(keys.map((key) => [key.kid, key]));
  return { find: (kid) => byId.get(kid) ?? null };
}
