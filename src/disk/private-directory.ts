// Folders and files that only their owner may enter or read: made so, and checked so.

import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { ensureDurableDirectory } from './durable-file.ts';

/** Options of the checks. */
export type PrivateCheckOptions = {
  /** The user that must own it; null = no owner and mode exist here (Windows). Default: the user of this process. */
  readonly uid?: number | null;
};

/** Why something is not this user's alone: the check that failed, what it found, and the command that mends it. */
export type PrivacyProblem = { readonly check: string; readonly found: string; readonly mend: string };

type Kind = {
  readonly check: string;
  readonly isReal: (stats: Stats) => boolean;
  readonly alien: string;
  readonly mode: string;
};

const DIRECTORY: Kind = {
  check: 'real_directory',
  isReal: (stats) => stats.isDirectory(),
  alien: 'something that is no folder',
  mode: '700',
};
const FILE: Kind = {
  check: 'real_file',
  isReal: (stats) => stats.isFile(),
  alien: 'something that is no file',
  mode: '600',
};

const A_LINK = 'a symbolic link';

const ownUid = (): number | null => process.getuid?.() ?? null;

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

type Wanted = { readonly uid: number | null; readonly kind: Kind };

function findProblem(path: string, stats: Stats, { uid, kind }: Wanted): PrivacyProblem | null {
  const { check, isReal, alien, mode } = kind;
  if (stats.isSymbolicLink()) return { check, found: A_LINK, mend: `rm ${quote(path)}` };
  if (!isReal(stats)) return { check, found: alien, mend: `mv ${quote(path)} ${quote(`${path}.old`)}` };
  if (uid === null) return null;
  if (stats.uid !== uid) {
    return { check: 'own_user', found: `user id ${stats.uid} instead of ${uid}`, mend: `chown ${uid} ${quote(path)}` };
  }
  if ((stats.mode & 0o077) === 0) return null;
  const found = `mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')} instead of 0${mode}`;
  return { check: 'private_mode', found, mend: `chmod ${mode} ${quote(path)}` };
}

function refuse(path: string, { check, found, mend }: PrivacyProblem, cause?: unknown): AirlockError {
  const message = `Cannot use ${path}: check ${check} found ${found}; mend it with: ${mend}`;
  return new AirlockError('unavailable', message, { cause, data: { reason: check, mend } });
}

/** Open for reading without following a link or waiting for the other end of a FIFO. Windows has neither flag. */
export const READ_REAL_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Open a file for reading; a link in its place is refused. What was opened is still to be checked: {@link checkPrivateFile}.
 *
 * @param path - The file.
 * @returns an open file; the caller closes it.
 * @throws {AirlockError} unavailable with `data.reason` `real_file` for a link.
 * @throws the system's error for anything else.
 */
export async function openRealFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, READ_REAL_FILE);
  } catch (cause) {
    if (!isSystemError(cause, 'ELOOP', 'EMLINK')) throw cause;
    throw refuse(path, { check: FILE.check, found: A_LINK, mend: `rm ${quote(path)}` }, cause);
  }
}

/**
 * Look whether a folder is this user's alone, without refusing it.
 *
 * @param path - The folder.
 * @returns null when it is; `check` is `missing`, `real_directory`, `own_user` or `private_mode`.
 */
export async function findDirectoryProblem(
  path: string,
  { uid = ownUid() }: PrivateCheckOptions = {},
): Promise<PrivacyProblem | null> {
  const stats = await lstat(path).catch((cause: unknown) => {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw cause;
  });
  if (stats === null) return { check: 'missing', found: 'nothing there', mend: `mkdir -m 700 ${quote(path)}` };
  return findProblem(path, stats, { uid, kind: DIRECTORY });
}

/**
 * Refuse a folder that others could enter: it must be a real folder, owned by this user, without group or other bits.
 *
 * @param path - The folder.
 * @throws {AirlockError} unavailable with the check's name, what was found, and the command that mends it; `data.reason` is
 * `missing`, `real_directory`, `own_user` or `private_mode`, `data.mend` the command.
 */
export async function checkPrivateDirectory(path: string, options: PrivateCheckOptions = {}): Promise<void> {
  const problem = await findDirectoryProblem(path, options);
  if (problem !== null) throw refuse(path, problem);
}

/**
 * Refuse a file that others could read: it must be a real file, owned by this user, without group or other bits.
 *
 * For a file that is open: give the stats of the handle, so that what was checked is what is read.
 *
 * @param path - Named in the refusal.
 * @param stats - Of the path (`lstat`) or of the open handle.
 * @throws {AirlockError} unavailable with the check's name, what was found, and the command that mends it; `data.reason` is
 * `real_file`, `own_user` or `private_mode`.
 */
export function checkPrivateFile(path: string, stats: Stats, { uid = ownUid() }: PrivateCheckOptions = {}): void {
  const problem = findProblem(path, stats, { uid, kind: FILE });
  if (problem !== null) throw refuse(path, problem);
}

/**
 * Make a folder, and those above it that are missing, with mode 0700 and on the disk once this resolves; refuse one that exists and
 * is not private.
 *
 * @param path - The folder.
 * @throws {AirlockError} cannot_write when the system refuses to make it; unavailable as {@link checkPrivateDirectory}.
 */
export async function ensurePrivateDirectory(path: string, options: PrivateCheckOptions = {}): Promise<void> {
  try {
    await ensureDurableDirectory(path);
  } catch (cause) {
    // EEXIST: something else lies there; the check below says what and how to mend it.
    if (!isSystemError(cause, 'EEXIST')) {
      throw new AirlockError('cannot_write', `Cannot make folder ${path}: the system refused`, { cause });
    }
  }
  await checkPrivateDirectory(path, options);
}
