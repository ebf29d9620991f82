// Checks of an endpoint on the disk: is the socket ours alone, and does anyone answer on it. Source: protocol.md 10.

import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import type { Transport } from './wire.ts';

/**
 * What lies at a socket path. `alive`: someone accepts. `stale`: a socket that nobody holds. `unknown`: anything else, so hands
 * off.
 */
export type EndpointState = 'alive' | 'stale' | 'absent' | 'unknown';

async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw new AirlockError('unavailable', `Cannot look at socket ${path}: the system refused`, { cause });
  }
}

/**
 * Find out what lies at a socket path, by connecting to it for at most 500 ms.
 *
 * @param path - Socket path.
 */
export async function probeEndpoint(transport: Pick<Transport, 'connect'>, path: string): Promise<EndpointState> {
  const stats = await lstatOrNull(path);
  if (stats === null) return 'absent';
  if (!stats.isSocket()) return 'unknown';
  const silent = { onBytes: () => undefined, onDrain: () => undefined, onClose: () => undefined };
  try {
    const wire = await transport.connect(path, () => silent, { timeoutMs: WIRE_LIMITS.staleProbeMs });
    wire.destroy();
    return 'alive';
  } catch (error) {
    const cause = error instanceof AirlockError ? error.cause : error;
    if (isSystemError(cause, 'ECONNREFUSED')) return 'stale';
    return isSystemError(cause, 'ENOENT') ? 'absent' : 'unknown';
  }
}

function findSocketProblem(stats: Stats, uid: number): { readonly check: string; readonly found: string } | null {
  const mode = stats.mode & 0o777;
  if (!stats.isSocket()) return { check: 'real_socket', found: 'something that is no socket' };
  if (stats.uid !== uid) return { check: 'own_user', found: `user id ${stats.uid} instead of ${uid}` };
  if (mode !== 0o600) {
    return { check: 'private_mode', found: `mode ${mode.toString(8).padStart(4, '0')} instead of 0600` };
  }
  return null;
}

/**
 * Refuse a socket that is not this user's alone: a real socket, own uid, mode 0600.
 *
 * @param path - Socket path.
 * @param uid - The user that must own it.
 * @throws {AirlockError} not_running when nothing is there; unavailable with the check's name and what was found, `data.reason`
 * = `real_socket`, `own_user` or `private_mode`.
 */
export async function checkSocket(path: string, { uid }: { readonly uid: number }): Promise<void> {
  const stats = await lstatOrNull(path);
  if (stats === null) throw new AirlockError('not_running', `Cannot connect to airlock: there is no socket at ${path}`);
  const problem = findSocketProblem(stats, uid);
  if (problem === null) return;
  const mend = `mend it with: rm '${path.replaceAll("'", `'\\''`)}', then restart the daemon`;
  const message = `Cannot use socket ${path}: check ${problem.check} found ${problem.found}; ${mend}`;
  throw new AirlockError('unavailable', message, { data: { reason: problem.check } });
}
