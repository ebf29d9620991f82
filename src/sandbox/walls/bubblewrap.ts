// No network and no files: bubblewrap shows a runner its own three files and the libraries they need, read-only, nothing else.

import { type Command, type RunnerFiles, shownFiles } from './environment.ts';

/** What bubblewrap needs to know. */
export type BubblewrapOptions = {
  readonly bwrap: string;
  /** Where the files really lie. */
  readonly files: RunnerFiles;
  /** Absolute paths of the shared libraries, the loader among them. */
  readonly libraries: readonly string[];
  /** Filter of system calls (seccomp.ts), or null: none. */
  readonly filter: Uint8Array | null;
};

/**
 * Put a command behind bubblewrap.
 *
 * @param command - A command whose paths are those of `INSIDE`.
 * @param options - See {@link BubblewrapOptions}.
 */
export function withBubblewrap(command: Command, options: BubblewrapOptions): Command {
  const { bwrap, files, libraries, filter } = options;
  return {
    ...command,
    file: bwrap,
    fd3: filter,
    args: [
      '--unshare-all',
      '--die-with-parent',
      '--new-session',
      '--cap-drop',
      'ALL',
      ...shownFiles(files, libraries).flatMap(([from, to]) => ['--ro-bind', from, to]),
      ...(filter === null ? [] : ['--seccomp', '3']),
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
