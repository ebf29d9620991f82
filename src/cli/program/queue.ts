// The command line's part about what waits.

import type { Command as Commander } from 'commander';
import type { Choose } from './choose.ts';

/** `queue`. */
export function addQueue(program: Commander, choose: Choose): void {
  const queue = program.command('queue').description('what waits');
  queue
    .command('stats')
    .description('how much is in the queue')
    .action(() => choose(async () => (await import('../commands/queue-stats.ts')).queueStats, {}));
}
