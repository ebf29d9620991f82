// What may be done with a key: reserved names, the next name of a rotation, what must not be revoked unasked. Pure.

import { AirlockError } from '../core/errors.ts';
import { type KeyId, toKeyId } from '../core/ids.ts';
import { hasScope } from '../core/scopes.ts';
import type { KeyRecord } from './key-content.ts';
import { MAX_KEYS, OWN_KEY } from './keys.ts';

const DAY_MS = 86_400_000;
const MAX_NAME_CHARS = 32;
const GROUP_PREFIX = 'group-';
const GENERATION = /-r(\d{1,4})$/;

/** How long a rotated key stays valid beside the new one unless said otherwise. Milliseconds. */
const KEEP_MS = DAY_MS;

/** Is this the name of a key that people of a group share? Those are made by the daemon itself. */
const isGroupKey = (kid: string): boolean => kid.startsWith(GROUP_PREFIX);

/** Is this a key that programs find by itself, without being told its name? */
const isFound = (kid: string): boolean => kid === OWN_KEY || isGroupKey(kid);

function refuse(
  code: 'invalid_params' | 'conflict' | 'request_failed',
  message: string,
  reason: string,
  limit?: number,
) {
  return new AirlockError(code, message, { data: { reason, ...(limit === undefined ? {} : { limit }) } });
}

/**
 * May a key of this name be made?
 *
 * @param kid - A well-formed name.
 * @param keys - Keys that there are.
 * @throws {AirlockError} invalid_params `reserved`; conflict `exists`; request_failed `too_many_keys`.
 */
export function assertMayCreate(kid: KeyId, keys: readonly KeyRecord[]): void {
  if (isFound(kid))
    throw refuse('invalid_params', `Cannot make key ${kid}: the daemon makes this one itself`, 'reserved');
  if (keys.some((key) => key.kid === kid)) throw existsAlready(kid);
  if (keys.length < MAX_KEYS) return;
  const message = `Cannot make key ${kid}: there are ${keys.length} keys, the most there may be`;
  throw refuse('request_failed', message, 'too_many_keys', MAX_KEYS);
}

/** The failure for a name that is taken. */
export function existsAlready(kid: KeyId): AirlockError {
  return refuse('conflict', `Cannot make key ${kid}: there is one of that name, revoke or rotate it`, 'exists');
}

/**
 * May this key be revoked without being forced?
 *
 * @param key - The key.
 * @param keys - All keys; those that expire do not count as another admin's.
 * @param caller - Key of the caller.
 * @throws {AirlockError} request_failed with `data.reason` `own_key` or `last_admin_key`.
 */
export function assertMayRevoke(key: KeyRecord, keys: readonly KeyRecord[], caller: KeyId): void {
  if (key.kid === caller) {
    throw refuse(
      'request_failed',
      `Cannot revoke key ${key.kid}: this very call uses it; force it if you mean it`,
      'own_key',
    );
  }
  const isAdmin = ({ scopes, expiresUnixMs }: KeyRecord): boolean =>
    hasScope(scopes, 'admin') && expiresUnixMs === null;
  if (!isAdmin(key) || keys.some((other) => other.kid !== key.kid && isAdmin(other))) return;
  const message = `Cannot revoke key ${key.kid}: no other key has the scope admin; force it if you mean it`;
  throw refuse('request_failed', message, 'last_admin_key');
}

/**
 * How long the old key stays valid beside a new one; 0 = the key keeps its name and the old secret is void at once.
 *
 * Programs find `local` and the keys of groups by themselves: a new name would go unnoticed, so these keep theirs.
 *
 * @param key - The key that is rotated.
 * @param keepMs - What the caller asked for.
 * @throws {AirlockError} request_failed `expires` when it has been rotated already; invalid_params `keeps_name`.
 */
export function chooseKeepMs({ kid, expiresUnixMs }: KeyRecord, keepMs: number | undefined): number {
  if (expiresUnixMs !== null) {
    throw refuse('request_failed', `Cannot rotate key ${kid}: it was rotated already and expires`, 'expires');
  }
  if (!isFound(kid)) return keepMs ?? KEEP_MS;
  if (keepMs === undefined || keepMs === 0) return 0;
  const message = `Cannot rotate key ${kid}: programs find it by its name, so the old one cannot be kept beside the new one`;
  throw refuse('invalid_params', message, 'keeps_name');
}

/**
 * The name of the key that takes another's place: `line-3`, `line-3-r2`, `line-3-r3` …
 *
 * @param kid - Key that is rotated.
 * @param isTaken - Names that are not free.
 */
export function nextKid(kid: KeyId, isTaken: (kid: string) => boolean): KeyId {
  const generation = Number(GENERATION.exec(kid)?.[1] ?? 1);
  const stem = kid.replace(GENERATION, '');
  // It ends: fewer keys are there than numbers are tried.
  for (let next = generation + 1; ; next += 1) {
    const suffix = `-r${next}`;
    const name = stem.slice(0, MAX_NAME_CHARS - suffix.length) + suffix;
    if (!isTaken(name)) return toKeyId(name);
  }
}
