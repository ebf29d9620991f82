// airlock queue drain: waits until everything is delivered that goes on by itself.

import { EXIT_PARTIAL } from '../../core/errors.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { showProgress } from '../show-progress.ts';

/** `destination` null: the whole queue. */
export type DrainArguments = { readonly destination: string | null; readonly timeoutMs: number };

function lines(title: string, counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts).map(([state, count]) => `left: ${count} ${title} ${state}`);
}

/** Exit 0 when nothing is left, 2 when something waits for a person or for time. @throws {AirlockError} deadline_exceeded; request_failed; not_found. */
export const queueDrain: Command<DrainArguments> = async (context, { destination, timeoutMs }) => {
  await using client = await connectDaemon(context);
  const { output, signal } = context;
  const where = destination === null ? {} : { destination };
  const onProgress = showProgress(output);
  const { left } = await client
    .call('queue/drain', where, { signal, deadlineMs: timeoutMs, onProgress })
    .finally(() => output.progress(''));
  if (output.isJson) output.document({ left });
  output.line('drained');
  const rest = [...lines('submissions', left.submissions), ...lines('deliveries', left.deliveries)];
  for (const line of rest) output.line(line);
  return rest.length === 0 ? 0 : EXIT_PARTIAL;
};
