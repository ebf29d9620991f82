// The command line: every command, its options and its help, as commander reads them.

import { Command as Commander, CommanderError, Option } from 'commander';
import { AirlockError } from '../core/errors.ts';
import { DELIVERY_STATES, SUBMISSION_STATES } from '../core/states.ts';
import { collect, collectPairs, parseDuration, parseLimit, parsePriority, parseUuid } from './argument-values.ts';
import type { CliContext, Command } from './context.ts';

/** Options that every command takes. */
export type GlobalOptions = {
  readonly home?: string;
  readonly instance?: string;
  readonly key?: string;
  readonly json?: boolean;
};

/** What the chosen command asks to be done once the context exists. */
export type Invocation = {
  readonly options: GlobalOptions;
  readonly execute: (context: CliContext) => Promise<number>;
};

const EXIT_CODES = `
Exit codes: 0 ok; 1 failed; 2 accepted but some items failed; 64 usage; 65 input data rejected; 66 file not readable;
69 daemon not running; 70 internal; 73 cannot write; 74 I/O; 75 try again (queue full, rate limited); 76 protocol mismatch;
77 not allowed; 78 configuration invalid; 124 timed out; 130 interrupted.`;

/** Commands are loaded when they are chosen: `status` must not wait for the daemon's modules. */
type Choose = <Arguments>(load: () => Promise<Command<Arguments>>, input: Arguments) => void;

type SubmitOptions = {
  readonly name?: string;
  readonly converter?: string;
  readonly arg: Readonly<Record<string, string>>;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly idempotencyKey?: string;
  readonly priority?: number;
};

function addSubmit(program: Commander, choose: Choose): void {
  program
    .command('submit')
    .description('send files to the daemon; "-" is standard input')
    .argument('<file...>', 'files or patterns with *')
    .option('--name <name>', 'name to submit under (needed for a converter chosen by extension when reading "-")')
    .option('--converter <name>', 'converter to use instead of choosing one')
    .option('--arg <name=value>', 'argument for the converter, repeatable', collectPairs, {})
    .option('--wait', 'wait until every report is delivered')
    .option('--timeout <duration>', 'with --wait: how long', parseDuration, 60_000)
    .option('--idempotency-key <uuid>', 'submit once, however often this is run with the same key', parseUuid)
    .option('--priority <1-10>', '1 = first', parsePriority)
    .action((files: string[], options: SubmitOptions) =>
      choose(async () => (await import('./commands/submit.ts')).submit, {
        files,
        name: options.name ?? null,
        converter: options.converter ?? null,
        arguments: options.arg,
        waitMs: options.wait === true ? options.timeout : null,
        idempotencyKey: options.idempotencyKey ?? null,
        priority: options.priority ?? null,
        stdin: process.stdin,
      }),
    );
}

function addLifeCycle(program: Commander, choose: Choose): void {
  program
    .command('run')
    .description('run the daemon in the foreground')
    .option('--set <key=value>', 'set a configuration key for this run, repeatable', collect, [])
    .action(({ set }: { set: readonly string[] }) =>
      choose(async () => (await import('./commands/run.ts')).run, { set }),
    );
  program
    .command('stop')
    .description('drain the daemon and wait until it is gone')
    .option('--grace <duration>', 'time for running calls, conversions and uploads', parseDuration)
    .action(({ grace }: { grace?: number }) =>
      choose(async () => (await import('./commands/stop.ts')).stop, { graceMs: grace ?? null }),
    );
  program
    .command('status')
    .description('show the state of the daemon')
    .action(() => choose(async () => (await import('./commands/status.ts')).status, {}));
  program
    .command('wait')
    .description('wait until the daemon is ready, or has nothing left to do')
    .addOption(new Option('--ready', 'until it answers').conflicts('drained'))
    .addOption(new Option('--drained', 'until everything that moves by itself has come to its end'))
    .option('--timeout <duration>', 'how long at most', parseDuration, 60_000)
    .action(({ drained, timeout }: { drained?: boolean; timeout: number }) =>
      choose(async () => (await import('./commands/wait.ts')).wait, {
        until: drained === true ? 'drained' : 'ready',
        timeoutMs: timeout,
      }),
    );
}

type ListOptions = { readonly limit: number; readonly cursor?: string; readonly state?: string };

/** Options of a list; commander refuses a state that is not among the names. */
function addList(command: Commander, states: readonly string[]): Commander {
  return command
    .option('--limit <n>', 'how many, at most 500', parseLimit, 100)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .addOption(new Option('--state <state>', 'only those in this state').choices(states));
}

function toList<State extends string>(states: readonly State[], { limit, cursor, state }: ListOptions) {
  return { limit, cursor: cursor ?? null, state: states.find((name) => name === state) ?? null };
}

function addViews(program: Commander, choose: Choose): void {
  const submission = program.command('submission').description('what became of the files that were taken in');
  addList(submission.command('list').description('newest first'), SUBMISSION_STATES).action((options: ListOptions) =>
    choose(async () => (await import('./commands/submission.ts')).submissionList, toList(SUBMISSION_STATES, options)),
  );
  submission
    .command('show')
    .description('one of them, with its log and its failure')
    .argument('<id>', 'submission id', parseUuid)
    .action((submissionId: string) =>
      choose(async () => (await import('./commands/submission.ts')).submissionShow, { submissionId }),
    );
  const report = program.command('report').description('the reports that were made');
  addList(report.command('list').description('newest first'), DELIVERY_STATES).action((options: ListOptions) =>
    choose(async () => (await import('./commands/report.ts')).reportList, toList(DELIVERY_STATES, options)),
  );
  report
    .command('show')
    .description('one of them, with the fate of its deliveries; --json prints the canonical report')
    .argument('<id>', 'report id', parseUuid)
    .action((reportId: string) => choose(async () => (await import('./commands/report.ts')).reportShow, { reportId }));
  program
    .command('queue')
    .description('what waits')
    .command('stats')
    .description('how much is in the queue')
    .action(() => choose(async () => (await import('./commands/queue-stats.ts')).queueStats, {}));
}

function addRpc(program: Commander, choose: Choose): void {
  program
    .command('rpc')
    .description('call any method of the daemon')
    .argument('<method>', 'name, e.g. queue/stats')
    .argument('[params]', 'JSON object', '{}')
    .action((method: string, params: string) =>
      choose(async () => (await import('./commands/rpc.ts')).rpc, { method, params }),
    );
  program
    .command('describe')
    .description('every method with its parameters, as the daemon describes itself')
    .action(() =>
      choose(async () => (await import('./commands/rpc.ts')).rpc, { method: 'rpc/describe', params: '{}' }),
    );
}

function addTools(program: Commander, choose: Choose): void {
  program
    .command('demo')
    .description('show the whole way on sample files, with a daemon on a temporary home')
    .action(() => choose(async () => (await import('./commands/demo.ts')).demo, {}));
  program
    .command('doctor')
    .description('look for what is wrong; changes nothing')
    .action(() => choose(async () => (await import('./commands/doctor.ts')).doctor, {}));
  program
    .command('version')
    .description('show the version')
    .action(() => choose(async () => (await import('./commands/version.ts')).version, {}));
}

/**
 * Read a command line.
 *
 * @param argv - Arguments without node and script.
 * @param streams - Where help goes; commander's own complaints become the error.
 * @returns What to do, or null when help or version was all that was asked for.
 * @throws {AirlockError} usage, with a suggestion where there is one.
 */
export function parseCommandLine(
  argv: readonly string[],
  { writeOut }: { readonly writeOut: (text: string) => void },
): Invocation | null {
  let invocation: Invocation | null = null;
  const program = new Commander('airlock');
  const choose: Choose = (load, input) => {
    const execute = async (context: CliContext): Promise<number> => (await load())(context, input);
    invocation = { options: program.opts<GlobalOptions>(), execute };
  };
  program
    .description('Takes in files of test equipment, converts them in a sealed sandbox, delivers the reports surely.')
    .option('--home <folder>', 'everything of airlock under this folder (AIRLOCK_HOME)')
    .option('--instance <name>', 'which daemon of this home (AIRLOCK_INSTANCE)')
    .option('--key <name>', 'which IPC key to use (AIRLOCK_KEY)')
    .option('--json', 'answer as JSON on standard output')
    .addHelpText('after', EXIT_CODES)
    // Order: before the commands are added, which inherit both.
    .configureOutput({ writeOut, writeErr: () => undefined })
    .exitOverride();
  addLifeCycle(program, choose);
  addSubmit(program, choose);
  addViews(program, choose);
  addTools(program, choose);
  addRpc(program, choose);
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    return endOfParsing(error);
  }
  return invocation;
}

function endOfParsing(error: unknown): null {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return null;
  if (error.code === 'commander.help') {
    throw new AirlockError('usage', 'Cannot read the command line: a command is missing, see airlock --help', {
      cause: error,
    });
  }
  const reason = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .replaceAll('\n', ' ');
  throw new AirlockError('usage', `Cannot read the command line: ${reason}`, { cause: error });
}
