// Makes a new or renamed name in a folder durable.

import { open } from 'node:fs/promises';

/**
 * Flush a folder's list of names to the disk. After it, a rename or a new file inside survives power loss.
 *
 * Does nothing on Windows, where a folder cannot be opened and NTFS journals names by itself.
 *
 * @param path - The folder.
 * @throws the system's error when the folder cannot be opened or flushed.
 */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using folder = await open(path, 'r');
  await folder.sync();
}
