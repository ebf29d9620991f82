// The log of a daemon in the background: one private file, moved aside at a start when it has grown.

import { constants } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { AirlockError, isSystemError } from '../../core/errors.ts';
import type { Places } from '../../disk/places.ts';
import { ensurePrivateDirectory } from '../../disk/private-directory.ts';

/** From this size on a start moves the log aside; the one before it goes. */
export const MAX_LOG_BYTES = 8 * 1024 ** 2;
const SHOWN_BYTES = 16 * 1024;
const SHOWN_LINES = 20;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** An open log, and how long it was before. */
export type DaemonLog = AsyncDisposable & {
  readonly path: string;
  readonly fd: number;
  /** The last lines since it was opened. */
  readonly lastLines: () => Promise<readonly string[]>;
};

/** Where the log of a daemon in the background lies. */
const daemonLogPath = (places: Pick<Places, 'log'>): string => path.join(places.log, 'daemon.log');

async function moveAside(file: string): Promise<void> {
  try {
    if ((await stat(file)).size < MAX_LOG_BYTES) return;
    await rename(file, `${file}.1`);
  } catch (error) {
    // Not there yet, or moved by another start at the same moment.
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

async function readNew(file: string, from: number): Promise<readonly string[]> {
  const bytes = (await readFile(file)).subarray(from).subarray(-SHOWN_BYTES);
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .slice(-SHOWN_LINES);
}

/**
 * Open the log to append to, 0600 in a folder of this user alone.
 *
 * @param places - Of the instance.
 * @returns The owner disposes it once the daemon has it.
 * @throws {AirlockError} cannot_write when it cannot be opened or is a link; unavailable when the folder is not private.
 */
export async function openDaemonLog(places: Pick<Places, 'home' | 'state' | 'log'>): Promise<DaemonLog> {
  for (const folder of [places.home, places.state, places.log]) await ensurePrivateDirectory(folder);
  const file = daemonLogPath(places);
  try {
    await moveAside(file);
    // Race: two starts at once append to the same file; neither line is lost.
    const handle = await open(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | NO_FOLLOW, 0o600);
    const { size } = await handle.stat();
    return {
      path: file,
      fd: handle.fd,
      lastLines: () => readNew(file, size),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (cause) {
    throw new AirlockError('cannot_write', `Cannot open log ${file}: the system refused`, { cause });
  }
}
