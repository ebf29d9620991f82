// The command line's part about what waits.

import { type Command as Commander, Option } from 'commander';
import { DELIVERY_STATES, RETRYABLE_DELIVERY_STATES } from '../../core/states.ts';
import { parseDelivery } from '../argument-values.ts';
import { addList, type Choose, type ListOptions, toList } from './choose.ts';

type RetryOptions = {
  readonly state?: string;
  readonly destination?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
};

function addQueueRetry(queue: Commander, choose: Choose): void {
  queue
    .command('retry')
    .description('try deliveries again: by id, or by state and destination, or all')
    .argument('[id...]', 'reportId@destination, as queue list shows them', collectDeliveries)
    .addOption(new Option('--state <state>', 'all in this state').choices(RETRYABLE_DELIVERY_STATES))
    .option('--destination <name>', 'all that go there')
    .option('--all', 'all that are dead, held or deferred')
    .option('--dry-run', 'only say how many')
    .action((ids: readonly string[] | undefined, { state, destination, all, dryRun }: RetryOptions) =>
      choose(async () => (await import('../commands/queue.ts')).queueRetry, {
        ids: ids ?? [],
        state: RETRYABLE_DELIVERY_STATES.find((name) => name === state) ?? null,
        destination: destination ?? null,
        isAll: all === true,
        isDryRun: dryRun === true,
      }),
    );
}

function collectDeliveries(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseDelivery(text)];
}

/** `queue`. */
export function addQueue(program: Commander, choose: Choose): void {
  const queue = program.command('queue').description('what waits');
  queue
    .command('stats')
    .description('how much is in the queue')
    .action(() => choose(async () => (await import('../commands/queue-stats.ts')).queueStats, {}));
  addList(
    queue.command('list').description('deliveries, newest first; without --state all that are not delivered'),
    DELIVERY_STATES,
  )
    .option('--destination <name>', 'only those that go there')
    .action((options: ListOptions & { destination?: string }) =>
      choose(async () => (await import('../commands/queue.ts')).queueList, {
        ...toList(DELIVERY_STATES, options),
        destination: options.destination ?? null,
      }),
    );
  addQueueRetry(queue, choose);
}
