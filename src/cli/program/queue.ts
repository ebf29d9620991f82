// The command line's part about what waits.

import { Argument, type Command as Commander, Option } from 'commander';
import {
  DELETABLE_DELIVERY_STATES,
  DELIVERY_STATES,
  HOLDABLE_DELIVERY_STATES,
  RETRYABLE_DELIVERY_STATES,
} from '../../core/states.ts';
import { parseDelivery, parseDuration } from '../argument-values.ts';
import { addQueueCare } from './care.ts';
import { addList, type Choose, type ListOptions, toList } from './choose.ts';

type SelectionOptions = {
  readonly state?: string;
  readonly destination?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
};
type Ids = readonly string[] | undefined;

const DRAIN_TIMEOUT_MS = 10 * 60_000;

function addSelection(command: Commander, states: readonly string[], all: string): Commander {
  return command
    .argument('[id...]', 'reportId@destination, as queue list shows them', collectDeliveries)
    .addOption(new Option('--state <state>', 'all in this state').choices(states))
    .option('--destination <name>', 'all that go there')
    .option('--all', all)
    .option('--dry-run', 'only say how many');
}

function toSelection<State extends string>(
  states: readonly State[],
  ids: readonly string[] | undefined,
  { state, destination, all, dryRun }: SelectionOptions,
) {
  return {
    ids: ids ?? [],
    state: states.find((name) => name === state) ?? null,
    destination: destination ?? null,
    isAll: all === true,
    isDryRun: dryRun === true,
  };
}

function addQueueByHand(queue: Commander, choose: Choose): void {
  const load = () => import('../commands/queue-by-hand.ts');
  const retry = queue.command('retry').description('try deliveries again: by id, or by state and destination, or all');
  addSelection(retry, RETRYABLE_DELIVERY_STATES, 'all that are dead, held or deferred').action(
    (ids: Ids, options: SelectionOptions) =>
      choose(async () => (await load()).queueRetry, toSelection(RETRYABLE_DELIVERY_STATES, ids, options)),
  );
  const hold = queue.command('hold').description('hold deliveries back until they are released');
  addSelection(hold, HOLDABLE_DELIVERY_STATES, 'all that wait').action((ids: Ids, options: SelectionOptions) =>
    choose(async () => (await load()).queueHold, toSelection(HOLDABLE_DELIVERY_STATES, ids, options)),
  );
  const release = queue.command('release').description('let deliveries go that were held with queue hold');
  addSelection(release, ['held'], 'all that a person holds').action((ids: Ids, options: SelectionOptions) =>
    choose(async () => (await load()).queueRelease, toSelection(['held'] as const, ids, options)),
  );
  const remove = queue.command('delete').description('delete deliveries for good, undelivered');
  addSelection(remove, DELETABLE_DELIVERY_STATES, 'all that are not delivered').action(
    (ids: Ids, options: SelectionOptions) =>
      choose(async () => (await load()).queueDelete, toSelection(DELETABLE_DELIVERY_STATES, ids, options)),
  );
  queue
    .command('purge')
    .description('delete everything that is not delivered')
    .addArgument(new Argument('<what>', 'ALL, in capitals: there is no way back').choices(['ALL']))
    .option('--dry-run', 'only say how many')
    .action((_all: string, { dryRun }: SelectionOptions) =>
      choose(
        async () => (await load()).queueDelete,
        toSelection(DELETABLE_DELIVERY_STATES, [], { all: true, dryRun: dryRun === true }),
      ),
    );
}

function addQueuePause(queue: Commander, choose: Choose): void {
  const load = () => import('../commands/queue-pause.ts');
  queue
    .command('pause')
    .description('upload nothing more until resume, also after a restart; files are still taken in and converted')
    .option('--destination <name>', 'only there')
    .action(({ destination }: SelectionOptions) =>
      choose(async () => (await load()).queuePause, { destination: destination ?? null }),
    );
  queue
    .command('resume')
    .description('upload again, and try at once what was held or waited for')
    .option('--destination <name>', 'only there')
    .action(({ destination }: SelectionOptions) =>
      choose(async () => (await load()).queueResume, { destination: destination ?? null }),
    );
  queue
    .command('drain')
    .description('wait until everything is delivered that goes on by itself')
    .option('--destination <name>', 'only what goes there')
    .option('--timeout <duration>', 'how long to wait', parseDuration, DRAIN_TIMEOUT_MS)
    .action(({ destination, timeout }: SelectionOptions & { readonly timeout: number }) =>
      choose(async () => (await import('../commands/queue-drain.ts')).queueDrain, {
        destination: destination ?? null,
        timeoutMs: timeout,
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
  queue
    .command('show')
    .description('one delivery')
    .argument('<id>', 'reportId@destination, as queue list shows it', parseDelivery)
    .action((id: string) => choose(async () => (await import('../commands/queue.ts')).queueShow, { id }));
  addQueueByHand(queue, choose);
  addQueuePause(queue, choose);
  addQueueCare(queue, choose);
}
