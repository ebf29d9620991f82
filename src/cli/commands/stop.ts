// airlock stop: let the daemon drain, and come back when it is gone.

import { setTimeout as delay } from 'node:timers/promises';
import { AirlockError } from '../../core/errors.ts';
import { isRunning } from '../background/is-running.ts';
import type { CliContext, Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';

/** `graceMs` null: what the daemon's configuration says. */
export type StopArguments = { readonly graceMs: number | null };

const POLL_MS = 20;
/** Beyond the drain: the daemon's own longest abort time (`daemon.abort`) and some room. */
const EXTRA_MS = 65_000;

async function waitForEnd({ clock, signal }: CliContext, pid: number, limitMs: number): Promise<void> {
  const end = clock.monotonicMs() + limitMs;
  // The operating system has no event for the end of a foreign process. This timer holds the process: nothing else does.
  while (isRunning(pid)) {
    if (clock.monotonicMs() > end)
      throw new AirlockError('deadline_exceeded', `Cannot stop daemon ${pid}: still running after ${limitMs} ms`);
    await delay(POLL_MS, undefined, { signal });
  }
}

/**
 * Let the daemon drain and wait until its process is gone.
 *
 * @param input - See {@link StopArguments}.
 * @throws {AirlockError} not_running; deadline_exceeded.
 */
export async function stopDaemon(context: CliContext, { graceMs }: StopArguments): Promise<{ readonly pid: number }> {
  const answer = await (async () => {
    await using client = await connectDaemon(context);
    return await client.call('admin/shutdown', graceMs === null ? {} : { graceMs });
  })();
  await waitForEnd(context, answer.pid, answer.graceMs + EXTRA_MS);
  return { pid: answer.pid };
}

/** Exit 0 once the process is gone. @throws {AirlockError} not_running; deadline_exceeded. */
export const stop: Command<StopArguments> = async (context, input) => {
  const { pid } = await stopDaemon(context, input);
  if (context.output.isJson) context.output.document({ stopped: true, pid });
  context.output.line(`stopped (process ${pid})`);
  return 0;
};
