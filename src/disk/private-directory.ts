// Folders and files that only their owner, or a named group, may enter or read: made so, and checked so.

import { constants, type Stats } from 'node:fs';
import { chmod, chown, type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { ensureDurableDirectory } from './durable-file.ts';
import { findPathProblem, linkProblem, type Ownership, type PathProblem, quotePath, refusePath } from './ownership.ts';

/** Options of the checks. */
export type PrivateCheckOptions = {
  /** The user that must own it; null = no owner and mode exist here (Windows). Default: the user of this process. */
  readonly uid?: number | null;
};

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

const ownUid = (): number | null => process.getuid?.() ?? null;

const toUids = (uid: number | null): readonly number[] | null => (uid === null ? null : [uid]);

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
    throw refusePath(path, linkProblem(path, 'file'), cause);
  }
}

/**
 * Look whether a folder is as it must be, without refusing it.
 *
 * @param path - The folder.
 * @param ownership - Whose it must be, and who else may enter it.
 * @returns null when it is; `check` is `missing`, or as {@link findPathProblem} says.
 */
async function findFolderProblem(path: string, ownership: Ownership): Promise<PathProblem | null> {
  const stats = await lstat(path).catch((cause: unknown) => {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw cause;
  });
  if (stats !== null) return findPathProblem(path, stats, { ...ownership, kind: 'directory' });
  const mend = `mkdir -m ${ownership.mode.toString(8)} ${quotePath(path)}`;
  return { check: 'missing', found: 'nothing there', mend };
}

/**
 * Look whether a folder is this user's alone, without refusing it.
 *
 * @param path - The folder.
 * @returns null when it is; `check` is `missing`, `real_directory`, `own_user` or `private_mode`.
 */
export function findDirectoryProblem(
  path: string,
  { uid = ownUid() }: PrivateCheckOptions = {},
): Promise<PathProblem | null> {
  return findFolderProblem(path, { uids: toUids(uid), mode: DIRECTORY_MODE });
}

/**
 * Refuse a folder that is not as it must be.
 *
 * @param path - The folder.
 * @param ownership - Whose it must be, and who else may enter it.
 * @throws {AirlockError} unavailable with the check's name, what was found, and the command that mends it; `data.reason` is
 * `missing`, `real_directory`, `own_user`, `own_group`, `private_mode` or `shared_mode`, `data.mend` the command.
 */
export async function checkDirectory(path: string, ownership: Ownership): Promise<void> {
  const problem = await findFolderProblem(path, ownership);
  if (problem !== null) throw refusePath(path, problem);
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
  if (problem !== null) throw refusePath(path, problem);
}

/**
 * Refuse a file that is not as it must be.
 *
 * For a file that is open: give the stats of the handle, so that what was checked is what is read.
 *
 * @param path - Named in the refusal.
 * @param stats - Of the path (`lstat`) or of the open handle.
 * @param ownership - Whose it must be, and who else may use it.
 * @throws {AirlockError} unavailable with the check's name, what was found, and the command that mends it; `data.reason` is
 * `real_file`, `own_user`, `own_group`, `private_mode` or `shared_mode`.
 */
export function checkFile(path: string, stats: Stats, ownership: Ownership): void {
  const problem = findPathProblem(path, stats, { ...ownership, kind: 'file' });
  if (problem !== null) throw refusePath(path, problem);
}

/**
 * What a private file of this user must be.
 *
 * @param uid - Default: the user of this process; null = no owner and mode exist here (Windows).
 */
export function privateFile({ uid = ownUid() }: PrivateCheckOptions = {}): Ownership {
  return { uids: toUids(uid), mode: FILE_MODE };
}

/**
 * Refuse a file that others could read: it must be a real file, owned by this user, without group or other bits.
 *
 * @param path - Named in the refusal.
 * @param stats - As {@link checkFile}.
 * @throws {AirlockError} unavailable as {@link checkFile}; `data.reason` is `real_file`, `own_user` or `private_mode`.
 */
export function checkPrivateFile(path: string, stats: Stats, options: PrivateCheckOptions = {}): void {
  checkFile(path, stats, privateFile(options));
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

/**
 * Make a folder that people of a group may enter, give it that group and mode, and refuse one that is not this user's.
 *
 * @param path - The folder; the one above it must be there.
 * @param ownership - Whose it must be; `gid` and `mode` are set.
 * @throws {AirlockError} cannot_write when the system refuses to make or to share it; unavailable as {@link checkDirectory}.
 */
export async function ensureSharedDirectory(
  path: string,
  ownership: Ownership & { readonly gid: number },
): Promise<void> {
  const { uids, gid, mode } = ownership;
  try {
    await mkdir(path, { mode });
  } catch (cause) {
    if (!isSystemError(cause, 'EEXIST')) throw cannotShare(path, ownership, cause);
  }
  // Order: whose it is comes first; what is another's is not touched.
  await checkDirectory(path, { uids, mode: 0o777 });
  try {
    await chown(path, -1, gid);
    await chmod(path, mode);
  } catch (cause) {
    throw cannotShare(path, ownership, cause);
  }
  await checkDirectory(path, ownership);
}

function cannotShare(path: string, { uids, gid, mode }: Ownership, cause: unknown): AirlockError {
  const mend = `install -d -o ${uids?.[0] ?? 0} -g ${gid ?? 0} -m ${mode.toString(8)} ${quotePath(path)}`;
  const message = `Cannot share folder ${path} with group id ${gid ?? 0}: the system refused; mend it with: ${mend}`;
  return new AirlockError('cannot_write', message, { cause, data: { reason: 'share', mend } });
}
