// How the daemon begins anew once it has ended: in its own process, by its launcher, or by whoever looks after it.

import { accessSync, constants } from 'node:fs';
import { ERROR_CODES } from '../core/errors.ts';
import type { Environment } from '../disk/places.ts';
import { isLauncherThere } from './signals.ts';

/** See {@link chooseRestart}. */
export type RestartBy = 'itself' | 'launcher' | 'supervisor';

/** Exit code by which a launcher (bin/airlock.cjs) is asked to start the daemon again; nobody else sees it. */
const LAUNCH_AGAIN = 86;

/**
 * Who starts this daemon again: its own process, which keeps id, terminal and log; the launcher, whose descriptor a new program in this
 * process would lose; or, on Windows, a supervisor.
 *
 * @param env - Of the process, as it was started.
 */
export function chooseRestart(env: Environment): RestartBy {
  if (env['AIRLOCK_LAUNCHER'] === '1' && isLauncherThere()) return 'launcher';
  return process.platform !== 'win32' && typeof process.execve === 'function' ? 'itself' : 'supervisor';
}

/** An update may have taken it away: the process would end in a core dump. */
function isNodeThere(): boolean {
  try {
    accessSync(process.execPath, constants.X_OK);
    return true;
  } catch {
    // Whatever the system says of it, it cannot be started.
    return false;
  }
}

/**
 * Begin anew. Everything must be closed: nothing of this run goes on.
 *
 * @param by - As chosen at the start.
 * @returns The exit code to end with; does not return where the process itself begins anew.
 */
export function beginAnew(by: RestartBy): number {
  if (by === 'launcher') return LAUNCH_AGAIN;
  if (by === 'itself' && isNodeThere()) {
    process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env);
  }
  return ERROR_CODES.unavailable.exit;
}
