// airlock run: the daemon in the foreground.

import { ERROR_CODES } from '../../core/errors.ts';
import { replaceProcess } from '../../daemon/replace-process.ts';
import { runDaemon } from '../../daemon/run-daemon.ts';
import type { Command } from '../context.ts';

/** `--set key=value`, in order. */
export type RunArguments = { readonly set: readonly string[] };

/** Exit 0 after a drain; 75 when it is to be started anew and cannot do so itself. @throws {AirlockError} already_running, config_invalid, unavailable, cannot_write. */
export const run: Command<RunArguments> = async ({ places, env, version, signal }, { set }) => {
  const then = await runDaemon({ places, env, version, commandLine: set, signal });
  if (then === 'stop') return 0;
  replaceProcess();
  // Where a process cannot begin anew: whoever looks after it is asked to.
  return ERROR_CODES.unavailable.exit;
};
