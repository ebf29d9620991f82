// Whose a file, folder or socket is, and who else may use it: one policy for private and for shared ones. Pure.

import type { Stats } from 'node:fs';
import { AirlockError } from '../core/errors.ts';

/** Why something may not be used: the check that failed, what it found, and the command that mends it. */
export type PathProblem = { readonly check: string; readonly found: string; readonly mend: string };

/** What a path must be. */
export type PathKind = 'directory' | 'file' | 'socket';

/** Who may own it, and what group and others may do with it. */
export type Ownership = {
  /** Users that may own it; null = no owner and mode exist here (Windows). */
  readonly uids: readonly number[] | null;
  /** The group it must belong to; left out = any. */
  readonly gid?: number | undefined;
  /** Bits that group and others may have at most, with the owner's for the hint: 0o700, 0o600, 0o750, 0o640 … */
  readonly mode: number;
};

type KindWords = { readonly check: string; readonly isReal: (stats: Stats) => boolean; readonly alien: string };

const KINDS: Readonly<Record<PathKind, KindWords>> = {
  directory: {
    check: 'real_directory',
    isReal: (stats) => stats.isDirectory(),
    alien: 'something that is no folder',
  },
  file: { check: 'real_file', isReal: (stats) => stats.isFile(), alien: 'something that is no file' },
  socket: { check: 'real_socket', isReal: (stats) => stats.isSocket(), alien: 'something that is no socket' },
};

const A_LINK = 'a symbolic link';
const PRIVATE_BITS = 0o077;

/** A mode as `chmod` takes it and `ls` users know it: `0640`. */
const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/**
 * A path as one word of a shell.
 *
 * @param path - Any path.
 */
export function quotePath(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

/**
 * The problem of a link where none may be.
 *
 * @param path - The link.
 * @param kind - What was expected there.
 */
export function linkProblem(path: string, kind: PathKind): PathProblem {
  return { check: KINDS[kind].check, found: A_LINK, mend: `rm ${quotePath(path)}` };
}

/**
 * Hold what lies at a path against what it must be.
 *
 * @param path - Named in the hint.
 * @param stats - Of the path (`lstat`), or of the open handle.
 * @param wanted - What it must be, and whose.
 * @returns null when all is well; `check` is `real_directory`, `real_file`, `real_socket`, `own_user`, `own_group`, `private_mode`
 * (nobody else may use it) or `shared_mode` (others may, but not like that).
 */
export function findPathProblem(
  path: string,
  stats: Stats,
  { kind, uids, gid, mode }: Ownership & { readonly kind: PathKind },
): PathProblem | null {
  const { check, isReal, alien } = KINDS[kind];
  const word = quotePath(path);
  if (stats.isSymbolicLink()) return linkProblem(path, kind);
  if (!isReal(stats)) return { check, found: alien, mend: `mv ${word} ${quotePath(`${path}.old`)}` };
  if (uids === null) return null;
  if (!uids.includes(stats.uid)) {
    const found = `user id ${stats.uid} instead of ${uids.join(' or ')}`;
    return { check: 'own_user', found, mend: `chown ${uids[0] ?? 0} ${word}` };
  }
  if (gid !== undefined && stats.gid !== gid) {
    return { check: 'own_group', found: `group id ${stats.gid} instead of ${gid}`, mend: `chgrp ${gid} ${word}` };
  }
  if ((stats.mode & PRIVATE_BITS & ~mode) === 0) return null;
  const modeCheck = (mode & PRIVATE_BITS) === 0 ? 'private_mode' : 'shared_mode';
  const found = `mode ${octal(stats.mode & 0o7777)} instead of ${octal(mode)}`;
  return { check: modeCheck, found, mend: `chmod ${mode.toString(8)} ${word}` };
}

/**
 * The failure for a problem.
 *
 * @param path - Where it is.
 * @param problem - What it is.
 * @param cause - The system's error, where there is one.
 */
export function refusePath(path: string, { check, found, mend }: PathProblem, cause?: unknown): AirlockError {
  const message = `Cannot use ${path}: check ${check} found ${found}; mend it with: ${mend}`;
  return new AirlockError('unavailable', message, { cause, data: { reason: check, mend } });
}
