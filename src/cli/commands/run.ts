// airlock run: the daemon in the foreground.

import { setImmediate } from 'node:timers/promises';
import { beginAnew } from '../../daemon/begin-anew.ts';
import { runDaemon } from '../../daemon/run-daemon.ts';
import type { Command } from '../context.ts';

/** `--set key=value`, in order. */
export type RunArguments = { readonly set: readonly string[] };

/** Exit 0 after a drain; 75 when it is to be started anew and can do so neither itself nor by its launcher. @throws {AirlockError} already_running, config_invalid, unavailable, cannot_write. */
export const run: Command<RunArguments> = async ({ places, env, version, signal }, { set }) => {
  const by = await runDaemon({ places, env, version, commandLine: set, signal });
  // Race: a signal may have come after the daemon's own handlers were gone. It is told in the next turn.
  await setImmediate();
  return by === null || signal.aborted ? 0 : beginAnew(by);
};
