// Which key a caller uses. Source: protocol.md 3 and 10.

import { AirlockError } from '../core/errors.ts';
import { isName } from '../core/ids.ts';
import { checkDirectory } from '../disk/private-directory.ts';
import type { IpcKey } from '../link/handshake.ts';
import { keyPathOf, listKeyIds, loadKey } from '../link/key-file.ts';
import type { KeyPlace } from './discover.ts';

/** The owner's own key. */
const OWN_KEY = 'local';

const KEYS_DIRECTORY_MODE = 0o755;
/** What a key of a group may be at most: readable for its group. */
const GROUP_FILE_MODE = 0o640;

const refuse = (reason: string, cause?: unknown): AirlockError =>
  new AirlockError('unauthenticated', `Cannot choose a key: ${reason}`, { cause, data: { reason: 'no_key' } });

function refuseName(name: string): AirlockError {
  return refuse(isName(name) ? `there is no key ${name}` : `${JSON.stringify(name)} is no name of a key`);
}

async function findOnlyReadable(directory: string, kids: readonly string[]): Promise<IpcKey> {
  const attempts = await Promise.allSettled(kids.map((kid) => loadKey(keyPathOf(directory, kid), kid)));
  const keys = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const [only, ...others] = keys;
  if (only !== undefined && others.length === 0) return only;
  const names = keys.map(({ kid }) => kid).join(', ');
  const failures = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
  if (only === undefined) throw refuse('this user can read none', new AggregateError(failures));
  throw refuse(`several can be read (${names}), name one with --key`);
}

async function findOwn(directory: string, name: string | undefined): Promise<IpcKey> {
  const kids = await listKeyIds(directory);
  const wanted = name ?? OWN_KEY;
  if (kids.includes(wanted)) return loadKey(keyPathOf(directory, wanted), wanted);
  if (name === undefined) return findOnlyReadable(directory, kids);
  throw refuseName(name);
}

const isUnreadable = (error: unknown): boolean => error instanceof AirlockError && error.data.reason === 'readable';

async function findOfService({ directory, uids }: ServiceKeys, name: string | undefined): Promise<IpcKey> {
  if (uids !== null) await checkDirectory(directory, { uids, mode: KEYS_DIRECTORY_MODE });
  const kids = await listKeyIds(directory);
  if (name !== undefined && !kids.includes(name)) throw refuseName(name);
  for (const kid of name === undefined ? kids : [name]) {
    try {
      return await loadKey(keyPathOf(directory, kid), kid, { uids, mode: GROUP_FILE_MODE });
    } catch (error) {
      // The key of a group that this user is not in. What fails a check is no such key, and is refused.
      if (!isUnreadable(error)) throw error;
    }
  }
  throw refuse(name === undefined ? 'this user can read none of the service' : `this user cannot read key ${name}`);
}

type ServiceKeys = Extract<KeyPlace, { kind: 'service' }>;

/**
 * Find the key to prove with. Never none.
 *
 * Of one's own: the named one, else `local`, else the only one that can be read. Of a service: the named one, else the first that
 * can be read, in order of their names: `group-admin`, `group-read`, `group-submit`.
 *
 * @param place - Where the keys lie.
 * @param name - `--key` or `AIRLOCK_KEY`.
 * @throws {AirlockError} unauthenticated when there is no such key, none, or a choice; unavailable when a key file fails a check.
 */
export function findKey(place: KeyPlace, name?: string): Promise<IpcKey> {
  return place.kind === 'own' ? findOwn(place.directory, name) : findOfService(place, name);
}
