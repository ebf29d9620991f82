// All walls of a runner as one command, outermost first: prlimit > setpriv > bwrap > node.

import { INSIDE, withBubblewrap } from './bubblewrap.ts';
import { type Command, type RunnerFiles, runnerCommand } from './environment.ts';
import { withLimits } from './limits.ts';
import { withoutPrivileges } from './privileges.ts';

/** Tools that this machine has, by absolute path; null = absent, or it failed when it was tried. */
export type WallTools = {
  readonly prlimit: string | null;
  readonly setpriv: string | null;
  readonly bubblewrap: { readonly bwrap: string; readonly libraries: readonly string[] } | null;
};

/** A machine without any tool: macOS, Windows, a bare container. */
export const NO_TOOLS: WallTools = { prlimit: null, setpriv: null, bubblewrap: null };

/** What a runner is started for. */
export type RunnerSpec = { readonly heapBytes: number; readonly observe: boolean };

/**
 * Compose the command of a runner from the walls that this machine can give.
 *
 * @param tools - See {@link WallTools}.
 * @param files - Where the runner's files lie on this machine.
 * @param spec - Memory class, and whether it only looks around.
 */
export function composeCommand(tools: WallTools, files: RunnerFiles, spec: RunnerSpec): Command {
  const { prlimit, setpriv, bubblewrap } = tools;
  let command =
    bubblewrap === null
      ? runnerCommand(files, spec)
      : withBubblewrap(runnerCommand(INSIDE, spec), { ...bubblewrap, files });
  if (setpriv !== null) command = withoutPrivileges(command, { setpriv });
  if (prlimit !== null) command = withLimits(command, { prlimit, heapBytes: spec.heapBytes });
  return command;
}
