// airlock start: a daemon in the background.

import type { CliContext, Command } from '../context.ts';
import { type StartOutcome, startDaemon } from '../background/start-daemon.ts';
import { toPrintableLine } from '../output.ts';

/** `timeoutMs`: until it answers. */
export type StartArguments = { readonly timeoutMs: number; readonly set: readonly string[] };

type StartFields = {
  readonly started: boolean;
  readonly pid: number;
  readonly state: string;
  readonly log: string | null;
};

/**
 * Tell how a start ended.
 *
 * @param more - Further members of the document.
 * @returns The exit code: 0, or the daemon's own.
 */
export async function tellStart(
  { output }: Pick<CliContext, 'output'>,
  outcome: StartOutcome,
  more: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  if (outcome.kind === 'failed') {
    output.failure(outcome.error);
    for (const line of outcome.lastLines) output.note(`  ${toPrintableLine(line)}`);
    return outcome.exitCode;
  }
  await using client = outcome.client;
  const { pid, state } = await client.call('status/get', {});
  const isStarted = outcome.kind === 'started';
  const fields: StartFields = { started: isStarted, pid, state, log: isStarted ? outcome.log : null };
  if (output.isJson) output.document({ ...more, ...fields });
  output.line(isStarted ? `started (process ${pid}, ${state})` : `already running (process ${pid}, ${state})`);
  if (isStarted) output.line(`log ${outcome.log}`);
  return 0;
}

/** Exit 0 when one runs afterwards, whoever started it; else the daemon's own exit code, with the end of its log. */
export const start: Command<StartArguments> = async (context, input) =>
  await tellStart(context, await startDaemon(context, input));
