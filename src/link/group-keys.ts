// Keys that people of a group share with a system service, one for each scope that has a group. Source: protocol.md 3.

import type { KeyId } from '../core/ids.ts';
import { toKeyId } from '../core/ids.ts';
import { type Scope, SCOPES } from '../core/scopes.ts';
import { quotePath, refusePath } from '../disk/ownership.ts';
import { checkDirectory } from '../disk/private-directory.ts';
import type { KeyRecord } from './key-content.ts';
import { createKey, type KeyMakingDeps, keyPathOf, listKeyIds, loadKey, removeKey, removeParts } from './key-file.ts';
import type { PlacedKey } from './key-table.ts';

/** Which group a scope is given to. */
export type ScopeGroup = { readonly scope: Scope; readonly gid: number };

/** Where keys of groups lie, whose they are, and for whom. */
export type GroupKeysInput = {
  /** `/etc/airlock/keys`: made by whoever installs the service. */
  readonly directory: string;
  /** The service's user. */
  readonly uid: number;
  readonly groups: readonly ScopeGroup[];
};

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o640;

/**
 * Name of the key that the group of a scope shares.
 *
 * @param scope - What it allows.
 */
const groupKid = (scope: Scope): KeyId => toKeyId(`group-${scope}`);

async function loadGroupKey(path: string, kid: KeyId, { scope, gid }: ScopeGroup, uid: number): Promise<KeyRecord> {
  const record = await loadKey(path, kid, { uids: [uid], gid, mode: FILE_MODE });
  if (record.scopes.length === 1 && record.scopes[0] === scope) return record;
  const found = `other scopes than ${scope} alone`;
  throw refusePath(path, { check: 'key_scopes', found, mend: `rm ${quotePath(path)}` });
}

async function removeOthers({ directory, groups }: GroupKeysInput): Promise<void> {
  const known = SCOPES.filter((scope) => groups.every((group) => group.scope !== scope)).map(groupKid);
  const kids: readonly string[] = await listKeyIds(directory);
  for (const kid of known.filter((name) => kids.includes(name))) await removeKey(directory, kid);
}

/**
 * Load the keys of groups, make those that are missing, and remove those of scopes that have no group any more.
 *
 * The caller holds the instance lock.
 *
 * @throws {AirlockError} unavailable when folder or files fail a check: a file of another group too, since people of that group
 * know the key; `data.mend` says what to do. cannot_write when a key cannot be made.
 */
export async function ensureGroupKeys(deps: KeyMakingDeps, input: GroupKeysInput): Promise<readonly PlacedKey[]> {
  const { directory, uid, groups } = input;
  await checkDirectory(directory, { uids: [uid], mode: DIRECTORY_MODE });
  await removeParts(directory);
  await removeOthers(input);
  const present: readonly string[] = await listKeyIds(directory);
  const keys: PlacedKey[] = [];
  for (const group of groups) {
    const { scope, gid } = group;
    const kid = groupKid(scope);
    const folder = { directory, file: { uids: [uid], gid, mode: FILE_MODE } };
    const record = present.includes(kid)
      ? await loadGroupKey(keyPathOf(directory, kid), kid, group, uid)
      : await createKey(deps, folder, { kid, scopes: [scope] });
    keys.push({ record, folder });
  }
  return keys;
}
