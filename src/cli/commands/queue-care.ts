// airlock queue verify|compact: looks after the database and the files of the queue.

import { formatBytes } from '../../core/units.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { showProgress } from '../show-progress.ts';

/** How long either may take. */
export type CareArguments = { readonly timeoutMs: number };

/** Exit 0; 1 when something is damaged. @throws {AirlockError} deadline_exceeded. */
export const queueVerify: Command<CareArguments> = async (context, { timeoutMs }) => {
  await using client = await connectDaemon(context);
  const { output, signal } = context;
  const onProgress = showProgress(output);
  const outcome = await client
    .call('queue/verify', {}, { signal, deadlineMs: timeoutMs, onProgress })
    .finally(() => output.progress(''));
  if (output.isJson) output.document(outcome);
  output.line(`${outcome.checked} bodies checked, ${formatBytes(outcome.bytes)}: ${outcome.damagedCount} damaged`);
  for (const { kind, id, problem } of outcome.damaged) output.line(`${problem}: ${kind} of ${id}`);
  return outcome.damagedCount === 0 ? 0 : 1;
};

/** @throws {AirlockError} deadline_exceeded. */
export const queueCompact: Command<CareArguments> = async (context, { timeoutMs }) => {
  await using client = await connectDaemon(context);
  const { output, signal } = context;
  const onProgress = showProgress(output);
  const result = await client
    .call('queue/compact', {}, { signal, deadlineMs: timeoutMs, onProgress })
    .finally(() => output.progress(''));
  if (output.isJson) output.document(result);
  output.line(`${formatBytes(result.freedBytes)} given back; the database has ${formatBytes(result.fileBytes)}`);
  return 0;
};
