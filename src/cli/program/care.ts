// The command line's part about looking after the daemon and its queue: health, log level, shape, checks.

import { type Command as Commander, Option } from 'commander';
import { SETTABLE_LOG_LEVELS } from '../../core/logger.ts';
import { parseDuration } from '../argument-values.ts';
import type { Choose } from './choose.ts';

const CARE_TIMEOUT_MS = 60 * 60_000;
const LEVEL_FOR_MS = 10 * 60_000;

/** `queue shape`, `queue verify`, `queue compact`. */
export function addQueueCare(queue: Commander, choose: Choose): void {
  const load = () => import('../commands/queue-care.ts');
  queue
    .command('shape')
    .description('what waits, by cause and age')
    .action(() => choose(async () => (await import('../commands/queue-shape.ts')).queueShape, {}));
  queue
    .command('verify')
    .description('check every stored body against its hash; changes nothing')
    .option('--timeout <duration>', 'how long it may take', parseDuration, CARE_TIMEOUT_MS)
    .action(({ timeout }: { timeout: number }) =>
      choose(async () => (await load()).queueVerify, { timeoutMs: timeout }),
    );
  queue
    .command('compact')
    .description('give free pages of the database back to the disk')
    .option('--timeout <duration>', 'how long it may take', parseDuration, CARE_TIMEOUT_MS)
    .action(({ timeout }: { timeout: number }) =>
      choose(async () => (await load()).queueCompact, { timeoutMs: timeout }),
    );
}

type LevelOptions = { readonly for: number };

/** `health`, `log-level`. */
export function addCare(program: Commander, choose: Choose): void {
  program
    .command('health')
    .description('exit 0 when the daemon is ready, else 1')
    .addOption(new Option('--live', 'when it answers at all').conflicts('ready'))
    .option('--ready', 'when its store answers and a runner is there (default)')
    .action(({ live }: { live?: boolean }) =>
      choose(async () => (await import('../commands/health.ts')).health, { wanted: live === true ? 'live' : 'ready' }),
    );
  program
    .command('log-level')
    .description('another level of the daemon’s log for a time; it returns by itself')
    .addArgument(program.createArgument('<level>', 'what is written').choices(SETTABLE_LOG_LEVELS))
    .option('--for <duration>', 'until it returns, at most a day', parseDuration, LEVEL_FOR_MS)
    .action((level: (typeof SETTABLE_LOG_LEVELS)[number], options: LevelOptions) =>
      choose(async () => (await import('../commands/log-level.ts')).logLevel, { level, forMs: options.for }),
    );
}
