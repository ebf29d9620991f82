// The innermost wall: exact environment, working folder and flags of the Node process that runs sealed.

import path from 'node:path';

/** A command line. `env` is all of its environment. */
export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Bytes that it finds on file descriptor 3, or null: there is none then. */
  readonly fd3: Uint8Array | null;
};

/** Files that a runner needs, as absolute paths of where it sees them. */
export type RunnerFiles = { readonly node: string; readonly runner: string; readonly addon: string };

/** Where a runner with a root of its own sees its files: no path of the machine. */
export const INSIDE: RunnerFiles = { node: '/node', runner: '/runner.cjs', addon: '/isolated-vm.node' };

/**
 * All that a runner with a root of its own is shown.
 *
 * @param files - Where its files really lie.
 * @param libraries - Absolute paths of the shared libraries; they are seen where they are.
 * @returns Pairs of where it lies and where it is seen.
 */
export function shownFiles(
  files: RunnerFiles,
  libraries: readonly string[],
): readonly (readonly [from: string, to: string])[] {
  return [
    ...libraries.map((library) => [library, library] as const),
    [files.node, INSIDE.node],
    [files.runner, INSIDE.runner],
    [files.addon, INSIDE.addon],
  ];
}

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
    fd3: null,
  };
}
