// The command line's part about the life of the daemon.

import { type Command as Commander, Option } from 'commander';
import { collect, parseDuration } from '../argument-values.ts';
import type { Choose } from './choose.ts';

function addRun(program: Commander, choose: Choose): void {
  program
    .command('run')
    .description('run the daemon in the foreground')
    .option('--set <key=value>', 'set a configuration key for this run, repeatable', collect, [])
    .action(({ set }: { set: readonly string[] }) =>
      choose(async () => (await import('../commands/run.ts')).run, { set }),
    );
}

function addStop(program: Commander, choose: Choose): void {
  program
    .command('stop')
    .description('drain the daemon and wait until it is gone')
    .option('--grace <duration>', 'time for running calls, conversions and uploads', parseDuration)
    .action(({ grace }: { grace?: number }) =>
      choose(async () => (await import('../commands/stop.ts')).stop, { graceMs: grace ?? null }),
    );
}

const START_TIMEOUT_MS = 60_000;

type StartOptions = { readonly set: readonly string[]; readonly timeout: number };

function addStart(program: Commander, choose: Choose): void {
  const addOptions = (command: Commander): Commander =>
    command
      .option('--set <key=value>', 'set a configuration key for this run, repeatable', collect, [])
      .option('--timeout <duration>', 'how long to wait until it answers', parseDuration, START_TIMEOUT_MS);
  addOptions(program.command('start').description('start the daemon in the background, unless it runs')).action(
    ({ set, timeout }: StartOptions) =>
      choose(async () => (await import('../commands/start.ts')).start, { set, timeoutMs: timeout }),
  );
  addOptions(program.command('restart').description('stop the daemon if it runs, then start it'))
    .option('--grace <duration>', 'time for running calls, conversions and uploads', parseDuration)
    .action(({ set, timeout, grace }: StartOptions & { grace?: number }) =>
      choose(async () => (await import('../commands/restart.ts')).restart, {
        set,
        timeoutMs: timeout,
        graceMs: grace ?? null,
      }),
    );
}

function addWatching(program: Commander, choose: Choose): void {
  program
    .command('status')
    .description('show the state of the daemon')
    .action(() => choose(async () => (await import('../commands/status.ts')).status, {}));
  program
    .command('wait')
    .description('wait until the daemon is ready, or has nothing left to do')
    .addOption(new Option('--ready', 'until it answers').conflicts('drained'))
    .addOption(new Option('--drained', 'until everything that moves by itself has come to its end'))
    .option('--timeout <duration>', 'how long at most', parseDuration, 60_000)
    .action(({ drained, timeout }: { drained?: boolean; timeout: number }) =>
      choose(async () => (await import('../commands/wait.ts')).wait, {
        until: drained === true ? 'drained' : 'ready',
        timeoutMs: timeout,
      }),
    );
}

/** `run`, `start`, `restart`, `stop`, `status`, `wait`. */
export function addLifeCycle(program: Commander, choose: Choose): void {
  addRun(program, choose);
  addStart(program, choose);
  addStop(program, choose);
  addWatching(program, choose);
}
