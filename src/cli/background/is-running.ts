// Does a process that is not ours still run?

import { readFileSync } from 'node:fs';
import { isSystemError } from '../../core/errors.ts';

/** Ended, but its parent has not asked yet how. Where the first process of a container never asks, it stays so for ever. */
function isEnded(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    // Source: proc(5): the state is the first field behind the name, which stands in brackets and may hold any character.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return ['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    // Gone meanwhile, or not ours to look at: the signal below has said all that is known.
    return false;
  }
}

/**
 * Does a process run?
 *
 * @param pid - Of any user.
 */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (isSystemError(error, 'ESRCH')) return false;
    if (!isSystemError(error, 'EPERM')) throw error;
  }
  return !isEnded(pid);
}
