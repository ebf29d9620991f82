// airlock run: the daemon in the foreground.

import { runDaemon } from '../../daemon/run-daemon.ts';
import type { Command } from '../context.ts';

/** `--set key=value`, in order. */
export type RunArguments = { readonly set: readonly string[] };

/** Exit 0 after a drain. @throws {AirlockError} already_running, config_invalid, unavailable, cannot_write. */
export const run: Command<RunArguments> = async ({ places, env, version, signal }, { set }) => {
  await runDaemon({ places, env, version, commandLine: set, signal });
  return 0;
};
