// airlock queue stats: how much is in the queue.

import type { ResultOf } from '../../protocol/method-spec.ts';
import type { queueStats as spec } from '../../protocol/methods/queue-stats.ts';
import { formatBytes, formatDurationMs } from '../../core/units.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { describePaused } from './queue-pause.ts';

function lines(title: string, byState: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(byState).flatMap(([state, count]) =>
    count === 0 ? [] : [`${title} ${state.padEnd(12)} ${count}`],
  );
}

function roomLines({ bytes, disk }: ResultOf<typeof spec>): readonly string[] {
  const { submissions, reports, reserved, max } = bytes;
  const bound = max === 0 ? 'unlimited' : formatBytes(max);
  const parts = [
    `${formatBytes(submissions)} of files`,
    `${formatBytes(reports)} of reports`,
    ...(reserved > 0 ? [`${formatBytes(reserved)} arriving`] : []),
  ];
  return [
    `bytes ${parts.join(', ')}; at most ${bound}`,
    `disk  ${formatBytes(disk.freeBytes)} free; nothing is taken in below ${formatBytes(disk.floorBytes)}; ballast ${disk.ballast}`,
  ];
}

/** Counted from the database. */
export const queueStats: Command<Record<string, never>> = async (context) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const stats = await client.call('queue/stats', {});
  if (output.isJson) output.document(stats);
  output.line(`items ${stats.items} of ${stats.maxItems === 0 ? 'unlimited' : stats.maxItems}`);
  const paused = describePaused(stats.paused);
  if (paused !== null) output.line(`uploads ${paused}`);
  for (const line of roomLines(stats)) output.line(line);
  for (const line of [...lines('submissions', stats.submissions), ...lines('deliveries ', stats.deliveries)])
    output.line(line);
  if (stats.oldestReadyAgeMs !== null) output.line(`oldest ready for ${formatDurationMs(stats.oldestReadyAgeMs)}`);
  for (const [reason, count] of Object.entries(stats.refusals)) output.line(`refused ${count} (${reason})`);
  return 0;
};
