// airlock restart: stop the daemon if one runs, then start one.

import { AirlockError } from '../../core/errors.ts';
import { startDaemon } from '../background/start-daemon.ts';
import type { CliContext, Command } from '../context.ts';
import { tellStart } from './start.ts';
import { stopDaemon } from './stop.ts';

/** As of `stop` and of `start`. */
export type RestartArguments = {
  readonly graceMs: number | null;
  readonly timeoutMs: number;
  readonly set: readonly string[];
};

async function stopIfRunning(context: CliContext, graceMs: number | null): Promise<number | null> {
  try {
    return (await stopDaemon(context, { graceMs })).pid;
  } catch (error) {
    if (error instanceof AirlockError && error.code === 'not_running') return null;
    throw error;
  }
}

/** As `start`; `stopped` is the process that ran before, or null. @throws {AirlockError} deadline_exceeded; cannot_write. */
export const restart: Command<RestartArguments> = async (context, { graceMs, ...options }) => {
  const stopped = await stopIfRunning(context, graceMs);
  if (stopped !== null) context.output.line(`stopped (process ${stopped})`);
  return await tellStart(context, await startDaemon(context, options), { stopped });
};
