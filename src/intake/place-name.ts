// Names given to files of a watch folder: never over another file, and who holds a name now.

import { link, lstat, rename, unlink } from 'node:fs/promises';
import { isSystemError } from '../core/errors.ts';

/** `taken`: another file has the name already; nothing was touched. */
export type Placed = 'placed' | 'taken';

/** Device and inode as one text. */
export const keyOf = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string => `${dev}:${ino}`;

/** Device and inode of what lies at a path, links not followed; null = nothing. */
export async function keyAt(path: string): Promise<string | null> {
  try {
    return keyOf(await lstat(path, { bigint: true }));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** Remove a name; it may be gone already. */
export async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT')) throw error;
  });
}

/**
 * Give a file that lies on the same file system one more name, unless the name is taken. Later `from` is removed by the caller.
 *
 * @param from - Its name; a link is not followed.
 * @param to - The new one.
 * @returns `other_disk` also where the file system knows no links.
 * @throws the system's error for anything else.
 */
export async function linkTo(from: string, to: string): Promise<Placed | 'other_disk'> {
  try {
    await link(from, to);
    return 'placed';
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return 'taken';
    if (isSystemError(error, 'EXDEV')) return 'other_disk';
    // File systems without links (FAT, some shares): the caller copies.
    if (isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EISDIR', 'UNKNOWN'))
      return 'other_disk';
    throw error;
  }
}

/**
 * Give a temporary file its name, unless the name is taken.
 *
 * @param temporary - On the same file system; gone when this answers `placed`.
 * @param to - The name.
 * @throws the system's error.
 */
export async function settleName(temporary: string, to: string): Promise<Placed> {
  const linked = await linkTo(temporary, to);
  if (linked === 'placed') {
    await unlink(temporary);
    return 'placed';
  }
  if (linked === 'taken' || (await keyAt(to)) !== null) return 'taken';
  // Race: where no links exist, another program may take the name between the look and the rename.
  await rename(temporary, to);
  return 'placed';
}
