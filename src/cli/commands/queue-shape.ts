// airlock queue shape: what waits, by cause and age.

import { formatDurationMs } from '../../core/units.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { toPrintableLine } from '../output.ts';

/** One line for each cause, the largest first. */
export const queueShape: Command<Record<string, never>> = async (context) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const shape = await client.call('queue/shape', {});
  if (output.isJson) output.document(shape);
  if (shape.rows.length === 0) output.line('nothing waits');
  for (const { kind, state, cause, destination, count, counts, oldestAgeMs } of shape.rows) {
    const what = destination === null ? `${kind} ${state}` : `${kind} ${state} for ${destination}`;
    const why = cause === null ? '' : ` (${cause})`;
    output.line(toPrintableLine(`${count} ${what}${why}, the oldest for ${formatDurationMs(oldestAgeMs)}`));
    const ages = counts.flatMap((n, index) => {
      const bound = shape.boundsMs[index];
      if (n === 0) return [];
      return bound === undefined ? [`older: ${n}`] : [`up to ${formatDurationMs(bound)}: ${n}`];
    });
    output.line(`  ${ages.join(', ')}`);
  }
  return 0;
};
