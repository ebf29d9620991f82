// No network and no files: bubblewrap shows a runner its own three files and the libraries they need, read-only, nothing else.

import type { Command, RunnerFiles } from './environment.ts';

/** Where a runner behind this wall sees its files: no path of the machine. */
export const INSIDE: RunnerFiles = { node: '/node', runner: '/runner.cjs', addon: '/isolated-vm.node' };

/** What bubblewrap needs to know. */
export type BubblewrapOptions = {
  readonly bwrap: string;
  /** Where the files really lie. */
  readonly files: RunnerFiles;
  /** Absolute paths of the shared libraries, the loader among them. */
  readonly libraries: readonly string[];
};

/**
 * Put a command behind bubblewrap.
 *
 * @param command - A command whose paths are those of {@link INSIDE}.
 * @param options - See {@link BubblewrapOptions}.
 */
export function withBubblewrap(command: Command, options: BubblewrapOptions): Command {
  const { bwrap, files, libraries } = options;
  const shown = [
    ...libraries.map((library) => [library, library]),
    [files.node, INSIDE.node],
    [files.runner, INSIDE.runner],
    [files.addon, INSIDE.addon],
  ];
  return {
    ...command,
    file: bwrap,
    args: [
      '--unshare-all',
      '--die-with-parent',
      '--new-session',
      '--cap-drop',
      'ALL',
      ...shown.flatMap(([from = '', to = '']) => ['--ro-bind', from, to]),
      '--remount-ro',
      '/',
      '--chdir',
      '/',
      '--',
      command.file,
      ...command.args,
    ],
  };
}

/**
 * Read the libraries out of what `ldd` prints.
 *
 * @param text - Its output.
 * @returns Absolute paths, each once; a library that was not found is left out.
 */
export function readLibraries(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/(?:^|=>)\s*(\/\S+) \(0x/gm)].map((match) => match[1] ?? ''))];
}
