// Folders and files that only their owner may enter or read: made so, and checked so.

import { lstat, mkdir } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { AirlockError, isSystemError } from '../core/errors.ts';

/** Options of the checks. */
export type PrivateCheckOptions = {
  /** The user that must own it; null = no owner and mode exist here (Windows). Default: the user of this process. */
  readonly uid?: number | null;
};

type Problem = { readonly check: string; readonly found: string; readonly mend: string };

const ownUid = (): number | null => process.getuid?.() ?? null;

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

function findAccessProblem(path: string, stats: Stats, { uid, mode }: { uid: number | null; mode: string }) {
  if (uid === null) return null;
  if (stats.uid !== uid) {
    return { check: 'own_user', found: `user id ${stats.uid} instead of ${uid}`, mend: `chown ${uid} ${quote(path)}` };
  }
  if ((stats.mode & 0o077) !== 0) {
    const found = `mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')} instead of 0${mode}`;
    return { check: 'private_mode', found, mend: `chmod ${mode} ${quote(path)}` };
  }
  return null;
}

function findDirectoryProblem(path: string, stats: Stats, uid: number | null): Problem | null {
  if (stats.isSymbolicLink()) {
    return { check: 'real_directory', found: 'a symbolic link', mend: `rm ${quote(path)}` };
  }
  if (!stats.isDirectory()) {
    return {
      check: 'real_directory',
      found: 'something that is no folder',
      mend: `mv ${quote(path)} ${quote(`${path}.old`)}`,
    };
  }
  return findAccessProblem(path, stats, { uid, mode: '700' });
}

function findFileProblem(path: string, stats: Stats, uid: number | null): Problem | null {
  if (stats.isSymbolicLink()) return { check: 'real_file', found: 'a symbolic link', mend: `rm ${quote(path)}` };
  if (!stats.isFile()) {
    return {
      check: 'real_file',
      found: 'something that is no file',
      mend: `mv ${quote(path)} ${quote(`${path}.old`)}`,
    };
  }
  return findAccessProblem(path, stats, { uid, mode: '600' });
}

function refuse(path: string, problem: Problem): AirlockError {
  const message = `Cannot use ${path}: check ${problem.check} found ${problem.found}; mend it with: ${problem.mend}`;
  return new AirlockError('unavailable', message, { data: { reason: problem.check } });
}

/**
 * Refuse a folder that others could enter: it must be a real folder, owned by this user, without group or other bits.
 *
 * @param path - The folder.
 * @throws {AirlockError} unavailable with the check's name, what was found, and the command that mends it; `data.reason` is
 * `missing`, `real_directory`, `own_user` or `private_mode`.
 */
export async function checkPrivateDirectory(path: string, { uid = ownUid() }: PrivateCheckOptions = {}): Promise<void> {
  const stats = await lstat(path).catch((cause: unknown) => {
    if (!isSystemError(cause, 'ENOENT', 'ENOTDIR')) throw cause;
    throw refuse(path, { check: 'missing', found: 'nothing there', mend: `mkdir -m 700 ${quote(path)}` });
  });
  const problem = findDirectoryProblem(path, stats, uid);
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
  const problem = findFileProblem(path, stats, uid);
  if (problem !== null) throw refuse(path, problem);
}

/**
 * Make a folder, and those above it that are missing, with mode 0700; refuse one that exists and is not private.
 *
 * @param path - The folder.
 * @throws {AirlockError} cannot_write when the system refuses to make it; unavailable as {@link checkPrivateDirectory}.
 */
export async function ensurePrivateDirectory(path: string, options: PrivateCheckOptions = {}): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    // EEXIST: something else lies there; the check below says what and how to mend it.
    if (!isSystemError(cause, 'EEXIST')) {
      throw new AirlockError('cannot_write', `Cannot make folder ${path}: the system refused`, { cause });
    }
  }
  await checkPrivateDirectory(path, options);
}
