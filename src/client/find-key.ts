// Which key a caller uses. Source: protocol.md 3.

import { join } from 'node:path';
import { AirlockError } from '../core/errors.ts';
import { isName } from '../core/ids.ts';
import type { IpcKey } from '../link/handshake.ts';
import { listKeyIds, loadKey } from '../link/key-file.ts';

/** The owner's own key. */
const OWN_KEY = 'local';

const refuse = (reason: string, cause?: unknown): AirlockError =>
  new AirlockError('unauthenticated', `Cannot choose a key: ${reason}`, { cause, data: { reason: 'no_key' } });

async function findOnlyReadable(directory: string, kids: readonly string[]): Promise<IpcKey> {
  const attempts = await Promise.allSettled(kids.map((kid) => loadKey(join(directory, `${kid}.json`), kid)));
  const keys = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const [only, ...others] = keys;
  if (only !== undefined && others.length === 0) return only;
  const names = keys.map(({ kid }) => kid).join(', ');
  const failures = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
  if (only === undefined) throw refuse('this user can read none', new AggregateError(failures));
  throw refuse(`several can be read (${names}), name one with --key`);
}

/**
 * Find the key to prove with: the named one, else `local`, else the only one that can be read. Never none.
 *
 * @param directory - `<home>/keys`.
 * @param name - `--key` or `AIRLOCK_KEY`.
 * @throws {AirlockError} unauthenticated when there is no such key, none, or a choice; unavailable when a key file fails a check.
 */
export async function findKey(directory: string, name?: string): Promise<IpcKey> {
  const kids = await listKeyIds(directory);
  const wanted = name ?? OWN_KEY;
  if (kids.includes(wanted)) return loadKey(join(directory, `${wanted}.json`), wanted);
  if (name === undefined) return findOnlyReadable(directory, kids);
  throw refuse(isName(name) ? `there is no key ${name}` : `${JSON.stringify(name)} is no name of a key`);
}
