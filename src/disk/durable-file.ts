// Writes a payload so that it is whole and on the disk, under its final name, once the call resolves.

import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import { randomUUID } from 'node:crypto';
import { syncDirectory } from './sync-directory.ts';

/** What to write, and where. */
export type DurableFile = {
  /** Folder; it must exist. */
  readonly directory: string;
  /** Name inside the folder; an existing file of that name is replaced as a whole. */
  readonly name: string;
  readonly bytes: Uint8Array;
};

/**
 * Write all bytes: a single write may take only some of them and still report success.
 *
 * @param file - Open for writing; bytes go to its current position.
 * @throws {Error} ENOSPC when the system takes no byte any more without saying why; else the system's own error.
 * Source: queue.md 1.2: a nearly full disk gives short writes, not errors.
 */
export async function writeFully(file: Pick<FileHandle, 'write'>, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.byteLength - offset);
    if (bytesWritten === 0) {
      const message = `Cannot write file: the system took ${offset} of ${bytes.byteLength} bytes`;
      throw Object.assign(new Error(message), { code: 'ENOSPC' });
    }
    offset += bytesWritten;
  }
}

async function fill(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await writeFully(file, bytes);
  await file.datasync();
}

/**
 * Write a file that survives power loss once this resolves: own temporary file, all bytes, fdatasync, rename, folder flushed.
 *
 * A crash leaves the old file, the new file, or the old one and a hidden `.part` beside it; never a part under the final name.
 *
 * @throws the system's error (`ENOSPC`, `EACCES`, `EROFS`, …); the temporary file is then gone and the final name untouched.
 */
export async function writeDurableFile({ directory, name, bytes }: DurableFile): Promise<void> {
  // A name of its own per call: an older writer that wakes late must not rename what a newer one is still writing.
  const temporary = join(directory, `.${name}.${randomUUID()}.part`);
  try {
    await fill(temporary, bytes);
    await rename(temporary, join(directory, name));
  } catch (error) {
    // The first error is the one that tells; a temporary file that was never made cannot be removed.
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  // Order: after the rename; the name is durable only once its folder is.
  await syncDirectory(directory);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not there or not to be seen: the error of mkdir says why.
    return false;
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode });
  await syncDirectory(dirname(path));
}

/**
 * Make a folder and those above it that are missing, durable once this resolves.
 *
 * Not `mkdir({ recursive: true })`: where a folder exists and takes no entries (`/proc`), Node 24 spins in it for ever.
 *
 * @param path - Absolute path of the folder; one that exists, or a link to one, is left as it is.
 * @param options - `mode` of folders that are made; default 0700.
 * @throws the system's error (`ENOTDIR`, `EEXIST` for something that is no folder, `EACCES`, `EROFS`, `ENOENT`, …).
 */
export async function ensureDurableDirectory(
  path: string,
  { mode = 0o700 }: { readonly mode?: number } = {},
): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    if (await isDirectory(path)) return;
    const parent = dirname(path);
    if (!isSystemError(error, 'ENOENT') || parent === path) throw error;
    await ensureDurableDirectory(parent, { mode });
    await makeOne(path, mode);
  }
}
