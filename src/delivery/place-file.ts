// Puts a file under a name that may be taken: nothing that lies there is ever overwritten.

import { lstat, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import { type DurableFile, writeDurableFile } from '../disk/durable-file.ts';
import { syncDirectory } from '../disk/sync-directory.ts';

/** What lies under a name: nothing, these very bytes (now durable), or something else. */
async function compare({ directory, name, bytes }: DurableFile): Promise<'absent' | 'same' | 'other'> {
  const path = join(directory, name);
  const stats = await lstat(path).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  });
  if (stats === null) return 'absent';
  if (!stats.isFile() || stats.size !== bytes.byteLength) return 'other';
  if (!(await readFile(path)).equals(bytes)) return 'other';
  // Order: a crash may have come between this file's rename and the flush of its folder; the receipt must not be first.
  await using file = await open(path, 'r+');
  await file.datasync();
  await syncDirectory(directory);
  return 'same';
}

/**
 * Make sure that a file is there with these bytes, durable once this resolves.
 *
 * @param file - Its folder exists.
 * @param options - `signal` stops it before it writes.
 * @returns `other`: something else has the name, and was left as it is.
 * @throws the system's error; rejects with `signal.reason` when aborted.
 */
export async function placeFile(
  file: DurableFile,
  { signal }: { readonly signal: AbortSignal },
): Promise<'placed' | 'other'> {
  const found = await compare(file);
  signal.throwIfAborted();
  if (found === 'absent') await writeDurableFile(file);
  return found === 'other' ? 'other' : 'placed';
}
