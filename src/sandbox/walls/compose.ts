// All walls of a runner as one command, outermost first: prlimit > setpriv > bwrap or unshare > node.

import { type BubblewrapOptions, withBubblewrap } from './bubblewrap.ts';
import { type Command, INSIDE, type RunnerFiles, runnerCommand } from './environment.ts';
import { withLimits } from './limits.ts';
import { type NamespaceOptions, withNamespaces } from './namespaces.ts';
import { withoutPrivileges } from './privileges.ts';

/** Tools that this machine has, by absolute path; null = absent, or it failed when it was tried. */
export type WallTools = {
  readonly prlimit: string | null;
  readonly setpriv: string | null;
  readonly bubblewrap: Omit<BubblewrapOptions, 'files'> | null;
  /** In the place of bubblewrap. */
  readonly namespaces: Omit<NamespaceOptions, 'files'> | null;
};

/** A machine without any tool: macOS, Windows, a bare container. */
export const NO_TOOLS: WallTools = { prlimit: null, setpriv: null, bubblewrap: null, namespaces: null };

/** What a runner is started for. */
export type RunnerSpec = { readonly heapBytes: number; readonly observe: boolean };

function withOwnRoot({ bubblewrap, namespaces }: WallTools, files: RunnerFiles, spec: RunnerSpec): Command {
  if (bubblewrap !== null) return withBubblewrap(runnerCommand(INSIDE, spec), { ...bubblewrap, files });
  if (namespaces !== null) return withNamespaces(runnerCommand(INSIDE, spec), { ...namespaces, files });
  return runnerCommand(files, spec);
}

/**
 * Compose the command of a runner from the walls that this machine can give.
 *
 * @param tools - See {@link WallTools}.
 * @param files - Where the runner's files lie on this machine.
 * @param spec - Memory class, and whether it only looks around.
 */
export function composeCommand(tools: WallTools, files: RunnerFiles, spec: RunnerSpec): Command {
  const { prlimit, setpriv } = tools;
  let command = withOwnRoot(tools, files, spec);
  if (setpriv !== null) command = withoutPrivileges(command, { setpriv });
  if (prlimit !== null) command = withLimits(command, { prlimit, heapBytes: spec.heapBytes });
  return command;
}
