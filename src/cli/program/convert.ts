// The command line's part about converting without keeping anything.

import { type Command as Commander, Option } from 'commander';
import { collect, collectPairs } from '../argument-values.ts';
import type { Choose } from './choose.ts';

type ConvertOptions = {
  readonly name?: string;
  readonly converter?: string;
  readonly converterFolder?: string;
  readonly arg: Readonly<Record<string, string>>;
  readonly companion: readonly string[];
  readonly to: 'canonical' | 'wsjf';
  readonly out?: string;
};

/** `convert`. */
export function addConvert(program: Commander, choose: Choose): void {
  program
    .command('convert')
    .description('convert files in the sandbox, without a daemon; one report a line, nothing is kept')
    .argument('<file...>', 'files or patterns with *; "-" is standard input')
    .option('--name <name>', 'name of the file, for "-"')
    .option('--converter <name>', 'converter to use instead of choosing one')
    .option('--converter-folder <folder>', 'use the converter in this folder, approved or not')
    .option('--arg <name=value>', 'argument for the converter, repeatable', collectPairs, {})
    .option('--companion <file>', 'further file that belongs to it, repeatable', collect, [])
    .addOption(new Option('--to <format>', 'format of the reports').choices(['canonical', 'wsjf']).default('canonical'))
    .option('--out <folder>', 'write <report id>.json into this folder instead')
    .action((files: string[], options: ConvertOptions) =>
      choose(async () => (await import('../commands/convert.ts')).convert, {
        files,
        name: options.name ?? null,
        converter: options.converter ?? null,
        converterFolder: options.converterFolder ?? null,
        arguments: options.arg,
        companions: options.companion,
        format: options.to,
        out: options.out ?? null,
        stdin: process.stdin,
      }),
    );
}

/** `converter probe`; joins the group where another topic has opened it. */
export function addConverterProbe(program: Commander, choose: Choose): void {
  const group = program.commands.find((command) => command.name() === 'converter');
  (group ?? program.command('converter').description('the converters of the daemon'))
    .command('probe')
    .description('which converter would take a file, and why')
    .argument('<file>', 'the file')
    .option('--name <name>', 'name of the file, where it decides')
    .action((file: string, { name }: { name?: string }) =>
      choose(async () => (await import('../commands/converter-probe.ts')).converterProbe, { file, name: name ?? null }),
    );
}
