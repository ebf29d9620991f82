// The keys of a home: made at the first start, loaded at every start, found by id. Source: protocol.md 3.

import { AirlockError } from '../core/errors.ts';
import { type KeyId, toKeyId } from '../core/ids.ts';
import { type Scope, SCOPES } from '../core/scopes.ts';
import { checkPrivateDirectory, ensurePrivateDirectory } from '../disk/private-directory.ts';
import type { IpcKey } from './handshake.ts';
import type { KeyRecord } from './key-content.ts';
import {
  createKey,
  type KeyMakingDeps,
  keyPathOf,
  listKeyIds,
  loadKey,
  ownKeyFolder,
  removeParts,
} from './key-file.ts';

/** Told about a key that is void from now on. @returns how many connections it ends. */
export type RevokedListener = (key: IpcKey) => number;

/** Finds keys by id, and says when one is void. */
export type KeyRing = {
  /** @returns null when there is no such key; answer the peer as if there were one. The same object as long as it is valid. */
  readonly find: (kid: string) => IpcKey | null;
  /** Be told about each key that is void from now on. Disposal ends it. */
  readonly onRevoked: (listener: RevokedListener) => Disposable;
};

/** Keys of one daemon at most. Source: own choice, far above what a station has programs for. */
export const MAX_KEYS = 128;

/** The owner's own key: every program of the owner finds it by this name. */
export const OWN_KEY: KeyId = toKeyId('local');

/** Keys that a first start makes, in this order: one for scripts and instruments, and the owner's own. */
const FIRST_KEYS = [
  { kid: toKeyId('submit'), scopes: ['submit'] },
  { kid: OWN_KEY, scopes: [...SCOPES] },
] as const satisfies readonly { readonly kid: KeyId; readonly scopes: readonly Scope[] }[];

/**
 * Refuse more keys than a daemon holds.
 *
 * @param count - How many there would be.
 * @throws {AirlockError} unavailable, `data.reason` `too_many_keys`.
 */
function assertFewEnough(directory: string, count: number): void {
  if (count <= MAX_KEYS) return;
  const message = `Cannot use the keys in ${directory}: check too_many_keys found ${count} instead of at most ${MAX_KEYS}`;
  throw new AirlockError('unavailable', message, { data: { reason: 'too_many_keys', limit: MAX_KEYS } });
}

/**
 * Load every key of a folder; one bad file refuses them all.
 *
 * @param directory - `<home>/keys`.
 * @throws {AirlockError} unavailable when the folder or any key file fails a check, or there are more than {@link MAX_KEYS}.
 */
export async function loadKeys(directory: string): Promise<readonly KeyRecord[]> {
  await checkPrivateDirectory(directory);
  const kids = await listKeyIds(directory);
  assertFewEnough(directory, kids.length);
  const { file } = ownKeyFolder(directory);
  return Promise.all(kids.map((kid) => loadKey(keyPathOf(directory, kid), kid, file)));
}

/**
 * Make the folder and the keys of a first start where they are missing: `local` with every scope, `submit` for sending only.
 *
 * `local` is made last and always where it is missing. Where it is there, a `submit` that is missing was revoked and stays away.
 * The caller holds the instance lock.
 *
 * @param directory - `<home>/keys`.
 * @throws {AirlockError} unavailable as {@link loadKeys}; cannot_write when a key cannot be made.
 */
export async function ensureKeys(deps: KeyMakingDeps, directory: string): Promise<readonly KeyRecord[]> {
  await ensurePrivateDirectory(directory);
  await removeParts(directory);
  const present = await loadKeys(directory);
  const isThere = (wanted: KeyId): boolean => present.some(({ kid }) => kid === wanted);
  if (isThere(OWN_KEY)) return present;
  const made: KeyRecord[] = [];
  for (const wanted of FIRST_KEYS.filter(({ kid }) => !isThere(kid))) {
    // Order: one after the other, so that `local` says that all of them were made.
    made.push(await createKey(deps, ownKeyFolder(directory), wanted));
  }
  return [...present, ...made].toSorted((a, b) => (a.kid < b.kid ? -1 : 1));
}

/** A ring that can change. */
export type ChangingRing = KeyRing & {
  readonly all: () => readonly IpcKey[];
  readonly put: (key: IpcKey) => void;
  /** Take a key out, or only this very one. @returns how many connections that ends. */
  readonly revoke: (key: IpcKey) => number;
};

/**
 * Make a key ring.
 *
 * @param keys - Keys that were loaded.
 */
export function makeKeyRing(keys: readonly IpcKey[]): ChangingRing {
  const byId = new Map<string, IpcKey>(keys.map((key) => [key.kid, key]));
  const listeners = new Set<RevokedListener>();
  function revoke(key: IpcKey): number {
    if (byId.get(key.kid) === key) byId.delete(key.kid);
    return [...listeners].reduce((count, tell) => count + tell(key), 0);
  }
  return {
    find: (kid) => byId.get(kid) ?? null,
    onRevoked: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    all: () => [...byId.values()],
    put: (key) => void byId.set(key.kid, key),
    revoke,
  };
}
