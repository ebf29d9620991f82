// The command line's part about trying airlock out, and looking under its hood.

import type { Command as Commander } from 'commander';
import type { Choose } from './choose.ts';

/** `rpc`, `describe`. */
export function addRpc(program: Commander, choose: Choose): void {
  program
    .command('rpc')
    .description('call any method of the daemon')
    .argument('<method>', 'name, e.g. queue/stats')
    .argument('[params]', 'JSON object', '{}')
    .action((method: string, params: string) =>
      choose(async () => (await import('../commands/rpc.ts')).rpc, { method, params }),
    );
  program
    .command('describe')
    .description('every method with its parameters, as the daemon describes itself')
    .action(() =>
      choose(async () => (await import('../commands/rpc.ts')).rpc, { method: 'rpc/describe', params: '{}' }),
    );
}

/** `demo`, `doctor`, `version`. */
export function addTools(program: Commander, choose: Choose): void {
  program
    .command('demo')
    .description('show the whole way on sample files, with a daemon on a temporary home')
    .option('--keep', 'leave it running, with an inbox to drop files into, until Ctrl-C')
    .action(({ keep }: { keep?: boolean }) =>
      choose(async () => (await import('../commands/demo.ts')).demo, { isKept: keep === true }),
    );
  program
    .command('doctor')
    .description('look for what is wrong; changes nothing')
    .action(() => choose(async () => (await import('../commands/doctor.ts')).doctor, {}));
  program
    .command('version')
    .description('show the version')
    .action(() => choose(async () => (await import('../commands/version.ts')).version, {}));
}
