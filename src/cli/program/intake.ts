// The command line's part about watch folders.

import type { Command as Commander } from 'commander';
import type { Choose } from './choose.ts';

/** `intake`. */
export function addIntake(program: Commander, choose: Choose): void {
  const intake = program.command('intake').description('watch folders');
  intake
    .command('list')
    .description('what waits in each watch folder, what is being converted, and what went wrong')
    .action(() => choose(async () => (await import('../commands/intake.ts')).intakeList, {}));
  intake
    .command('rescan')
    .description('look through watch folders now')
    .argument('[folder]', 'name of one; all without it')
    .action((folder?: string) =>
      choose(async () => (await import('../commands/intake.ts')).intakeRescan, { folder: folder ?? null }),
    );
}
