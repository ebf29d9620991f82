// No network and no files without bubblewrap: util-linux alone makes a root that holds a runner's own files, read-only, nothing else.

import { type Command, type RunnerFiles, shownFiles } from './environment.ts';

/** What this wall needs to know. */
export type NamespaceOptions = {
  readonly unshare: string;
  readonly setpriv: string;
  readonly shell: string;
  /** Where the files really lie. */
  readonly files: RunnerFiles;
  /** Absolute paths of the shared libraries, the loader among them. */
  readonly libraries: readonly string[];
};

/** An empty folder of every Linux; hidden in the runner's own view of the mounts only. */
const ROOT = '/mnt';
/** Nobody: no user of the machine that owns anything. */
const NOBODY = '65534';
const INODES_BYTES = '256k';

/** Order: the process that is killed is the parent; its child, the first in its own process namespace, dies with it. */
const NEW_NAMESPACES = [
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child=SIGKILL',
] as const;

/**
 * Builds the root out of pairs of paths, then leaves for it; all of its words come as arguments, none is put into the text.
 *
 * Order: the root becomes read-only after all files are in it; the second user namespace locks the mounts and drops every capability.
 */
const SCRIPT = `set -e
PATH=/usr/bin:/bin:/usr/sbin:/sbin
root=$1 size=$2 setpriv=$3 unshare=$4 nobody=$5
shift 5
mount -t tmpfs -o "size=$size,mode=0755,nosuid,nodev" tmpfs "$root"
while [ "$1" != -- ]; do
  mkdir -p "$root\${2%/*}"
  : > "$root$2"
  mount --bind "$1" "$root$2"
  mount -o remount,bind,ro "$root$2"
  shift 2
done
shift
mount -o remount,ro "$root"
unset PWD OLDPWD
exec "$setpriv" --no-new-privs -- "$unshare" -U "--map-user=$nobody" "--root=$root" --wd=/ -- "$@"`;

/**
 * Put a command behind namespaces of its own: user, network, mounts, processes.
 *
 * @param command - A command whose paths are those of `INSIDE`.
 * @param options - See {@link NamespaceOptions}.
 */
export function withNamespaces(command: Command, options: NamespaceOptions): Command {
  const { unshare, setpriv, shell, files, libraries } = options;
  return {
    ...command,
    file: unshare,
    args: [
      ...NEW_NAMESPACES,
      '--',
      shell,
      '-c',
      SCRIPT,
      'sh',
      ROOT,
      INODES_BYTES,
      setpriv,
      unshare,
      NOBODY,
      ...shownFiles(files, libraries).flat(),
      '--',
      command.file,
      ...command.args,
    ],
  };
}
