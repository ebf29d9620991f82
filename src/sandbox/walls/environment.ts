// The innermost wall: exact environment, working folder and flags of the Node process that runs sealed.

import path from 'node:path';

/** A command line. `env` is all of its environment. */
export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
};

/** Files that a runner needs, as absolute paths of where it sees them. */
export type RunnerFiles = { readonly node: string; readonly runner: string; readonly addon: string };

/** Old space of the runner's own heap, beside the guest's. */
const OWN_HEAP_MIB = 64;

/** All of a runner's environment. */
const RUNNER_ENVIRONMENT = { TZ: 'UTC', LANG: 'C.UTF-8' } as const;

/** Argument that makes a runner look around once: what it sees is in its `ready`. */
const OBSERVE_ARGUMENT = '--observe';

/**
 * The bare command of a runner: no compiler, no start-up snapshot, one background thread.
 *
 * @param files - Where the runner sees its files.
 * @param options - `observe`: look around once, for probing the walls.
 */
export function runnerCommand(files: RunnerFiles, options: { readonly observe: boolean }): Command {
  const flags = ['--jitless', '--no-node-snapshot', `--max-old-space-size=${OWN_HEAP_MIB}`, '--v8-pool-size=1'];
  return {
    file: files.node,
    args: [...flags, files.runner, files.addon, ...(options.observe ? [OBSERVE_ARGUMENT] : [])],
    env: RUNNER_ENVIRONMENT,
    cwd: path.parse(files.node).root,
  };
}
