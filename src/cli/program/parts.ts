// The command line's part about what the daemon is made of: destinations, converters, configuration.

import type { Command as Commander } from 'commander';
import type { Choose } from './choose.ts';

/** `destination`. */
export function addDestination(program: Commander, choose: Choose): void {
  const destination = program.command('destination').description('where reports go');
  destination
    .command('list')
    .description('each with its state and what waits for it')
    .action(() => choose(async () => (await import('../commands/destination.ts')).destinationList, {}));
  destination
    .command('test')
    .description('resolve, connect and authenticate, or write and remove a file; sends no report')
    .argument('<name>', 'as in the configuration')
    .action((name: string) =>
      choose(async () => (await import('../commands/destination.ts')).destinationTest, { name }),
    );
  addDestinationHolds(destination, choose);
}

function addDestinationHolds(destination: Commander, choose: Choose): void {
  destination
    .command('hold')
    .description('upload nothing more there, also after a restart')
    .argument('<name>', 'as in the configuration')
    .action((name: string) =>
      choose(async () => (await import('../commands/queue-pause.ts')).destinationHold, { name }),
    );
  destination
    .command('release')
    .description('the end of hold, and of what the destination is held or waited for')
    .argument('<name>', 'as in the configuration')
    .action((name: string) =>
      choose(async () => (await import('../commands/queue-pause.ts')).destinationRelease, { name }),
    );
}

/** `converter`. */
export function addConverter(program: Commander, choose: Choose): void {
  const converter = program.command('converter').description('what turns files into reports');
  converter
    .command('list')
    .description('each with its state, and why one does not run')
    .action(() => choose(async () => (await import('../commands/converter.ts')).converterList, {}));
  converter
    .command('check')
    .description('say what the gate finds in a converter folder; needs no daemon')
    .argument('<folder-or-name>', 'folder, or the name of a converter')
    .action((target: string) =>
      choose(async () => (await import('../commands/converter.ts')).converterCheck, { target }),
    );
}

type ShowOptions = { readonly effective?: boolean; readonly origin?: boolean };

/** `config`. */
export function addConfig(program: Commander, choose: Choose): void {
  const config = program.command('config').description('the configuration of this home; needs no daemon');
  config
    .command('show')
    .description('what is set, secrets hidden')
    .option('--effective', 'everything in force, defaults too')
    .option('--origin', 'where each value comes from')
    .action(({ effective, origin }: ShowOptions) =>
      choose(async () => (await import('../commands/config.ts')).configShow, {
        isEffective: effective === true,
        withOrigins: origin === true,
      }),
    );
  config
    .command('validate')
    .description('every finding at once, with file, line and column')
    .argument('[file]', 'another file, by itself')
    .action((file: string | undefined) =>
      choose(async () => (await import('../commands/config.ts')).configValidate, { file: file ?? null }),
    );
  config
    .command('schema')
    .description('the JSON Schema of the file')
    .action(() => choose(async () => (await import('../commands/config.ts')).configSchema, {}));
  config
    .command('path')
    .description('where the file lies, or would lie')
    .action(() => choose(async () => (await import('../commands/config.ts')).configPath, {}));
}
