// The command line's part about handing files over.

import type { Command as Commander } from 'commander';
import { collect, collectPairs, parseDuration, parsePriority, parseUuid } from '../argument-values.ts';
import type { Choose } from './choose.ts';

type SubmitOptions = {
  readonly name?: string;
  readonly converter?: string;
  readonly arg: Readonly<Record<string, string>>;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly idempotencyKey?: string;
  readonly priority?: number;
  readonly companion: readonly string[];
};

/** `submit`. */
export function addSubmit(program: Commander, choose: Choose): void {
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
    .option('--companion <file>', 'a file that belongs to the one file sent, repeatable', collect, [])
    .action((files: string[], options: SubmitOptions) =>
      choose(async () => (await import('../commands/submit.ts')).submit, {
        files,
        name: options.name ?? null,
        converter: options.converter ?? null,
        arguments: options.arg,
        waitMs: options.wait === true ? options.timeout : null,
        idempotencyKey: options.idempotencyKey ?? null,
        priority: options.priority ?? null,
        companions: options.companion,
        stdin: process.stdin,
      }),
    );
}
