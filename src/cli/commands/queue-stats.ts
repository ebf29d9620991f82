// airlock queue stats: how much is in the queue.

import { formatBytes, formatDurationMs } from '../../core/units.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';

function lines(title: string, byState: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(byState).flatMap(([state, count]) =>
    count === 0 ? [] : [`${title} ${state.padEnd(12)} ${count}`],
  );
}

/** Counted from the database. */
export const queueStats: Command<Record<string, never>> = async (context) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const stats = await client.call('queue/stats', {});
  if (output.isJson) output.document(stats);
  output.line(`items ${stats.items} of ${stats.maxItems === 0 ? 'unlimited' : stats.maxItems}`);
  output.line(`bytes ${formatBytes(stats.bytes.submissions)} of files, ${formatBytes(stats.bytes.reports)} of reports`);
  for (const line of [...lines('submissions', stats.submissions), ...lines('deliveries ', stats.deliveries)])
    output.line(line);
  if (stats.oldestReadyAgeMs !== null) output.line(`oldest ready for ${formatDurationMs(stats.oldestReadyAgeMs)}`);
  for (const [reason, count] of Object.entries(stats.refusals)) output.line(`refused ${count} (${reason})`);
  return 0;
};
