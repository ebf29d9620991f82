// Replaces a small file so that a crash at any moment leaves the old one or the new one.

import { dirname } from 'node:path';
import replaceFile from 'write-file-atomic';
import { AirlockError } from '../core/errors.ts';
import { syncDirectory } from './sync-directory.ts';

/** Options of {@link writeFileAtomic}. */
export type WriteFileAtomicOptions = {
  /** Mode of the file from its first byte on; a file that exists gets it too. Default 0600. */
  readonly mode?: number;
  /** The group it belongs to from its first byte on; left out = as the system does it. Needs this process to be in that group. */
  readonly gid?: number | undefined;
};

/**
 * Replace a file as a whole: temporary file beside it, fsync, rename, fsync of the folder.
 *
 * Durable once resolved. Two writers of one process take turns; the last one wins.
 *
 * @param path - The file; its folder must exist and be private (the temporary file lies in it).
 * @throws {AirlockError} cannot_write when the system refuses (cause is its error); the old file is then untouched.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, gid }: WriteFileAtomicOptions = {},
): Promise<void> {
  try {
    // Order: the name is durable only after the folder itself is flushed.
    const uid = process.getuid?.();
    const chown = gid === undefined || uid === undefined ? false : { uid, gid };
    await replaceFile(path, content, { mode, chown });
    await syncDirectory(dirname(path));
  } catch (cause) {
    throw new AirlockError('cannot_write', `Cannot write ${path}: the system refused`, { cause });
  }
}
