// No new privileges, and no orphan: setpriv makes the kernel kill a runner when the daemon dies.

import type { Command } from './environment.ts';

/**
 * Put a command behind setpriv.
 *
 * Order: spawn from the main thread only: the kernel sends the signal when the *thread* that spawned ends.
 *
 * @param command - What to run.
 * @param options - `setpriv`: its path.
 */
export function withoutPrivileges(command: Command, options: { readonly setpriv: string }): Command {
  return {
    ...command,
    file: options.setpriv,
    args: ['--no-new-privs', '--pdeathsig', 'KILL', '--', command.file, ...command.args],
  };
}
