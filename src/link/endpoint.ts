// Checks of an endpoint on the disk: is the socket ours alone, and does anyone answer on it. Source: protocol.md 10.

import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { findPathProblem, type Ownership, quotePath } from '../disk/ownership.ts';
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

const PRIVATE_MODE = 0o600;
const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

type SocketProblem = { readonly check: string; readonly found: string };

/** Whose a socket is decides who answers; its mode must be the very one, since it was set by whoever bound it. */
function findSocketProblem(path: string, stats: Stats, ownership: Ownership): SocketProblem | null {
  const problem = findPathProblem(path, stats, { ...ownership, kind: 'socket' });
  if (problem !== null && problem.check !== 'private_mode' && problem.check !== 'shared_mode') return problem;
  const mode = stats.mode & 0o777;
  if (mode === ownership.mode) return null;
  const check = ownership.mode === PRIVATE_MODE ? 'private_mode' : 'shared_mode';
  return { check, found: `mode ${octal(mode)} instead of ${octal(ownership.mode)}` };
}

/** What a socket must be that is one user's alone. */
export const privateSocket = (uid: number): Ownership => ({ uids: [uid], mode: PRIVATE_MODE });

/**
 * What a socket must be that a group may use.
 *
 * @param uids - Who may own it.
 * @param gid - Its group; left out = any: only its owner can have set it.
 */
export const sharedSocket = (uids: readonly number[], gid?: number): Ownership => ({ uids, gid, mode: 0o660 });

/**
 * Refuse a socket that is not as it must be: a real socket, with that owner, group and very mode.
 *
 * @param path - Socket path.
 * @param ownership - {@link privateSocket} or {@link sharedSocket}.
 * @throws {AirlockError} not_running when nothing is there; unavailable with the check's name and what was found, `data.reason`
 * = `real_socket`, `own_user`, `own_group`, `private_mode` or `shared_mode`.
 */
export async function checkSocket(path: string, ownership: Ownership): Promise<void> {
  const stats = await lstatOrNull(path);
  if (stats === null) throw new AirlockError('not_running', `Cannot connect to airlock: there is no socket at ${path}`);
  const problem = findSocketProblem(path, stats, ownership);
  if (problem === null) return;
  const mend = `mend it with: rm ${quotePath(path)}, then restart the daemon`;
  const message = `Cannot use socket ${path}: check ${problem.check} found ${problem.found}; ${mend}`;
  throw new AirlockError('unavailable', message, { data: { reason: problem.check } });
}
