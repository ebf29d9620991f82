// The command line: every topic put together, as commander reads it; each topic lies in program/.

import { Command as Commander, CommanderError } from 'commander';
import { AirlockError } from '../core/errors.ts';
import type { CliContext } from './context.ts';
import { addCare } from './program/care.ts';
import type { Choose } from './program/choose.ts';
import { addConvert, addConverterProbe } from './program/convert.ts';
import { addIntake } from './program/intake.ts';
import { addKey } from './program/keys.ts';
import { addLifeCycle } from './program/life-cycle.ts';
import { addConfig, addConverter, addDestination } from './program/parts.ts';
import { addQueue } from './program/queue.ts';
import { addSubmit } from './program/submit.ts';
import { addRpc, addTools } from './program/tools.ts';
import { addReport, addSubmission } from './program/views.ts';

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
  addSubmission(program, choose);
  addReport(program, choose);
  addQueue(program, choose);
  addDestination(program, choose);
  addConverter(program, choose);
  addConfig(program, choose);
  addKey(program, choose);
  addConvert(program, choose);
  addConverterProbe(program, choose);
  addIntake(program, choose);
  addCare(program, choose);
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
