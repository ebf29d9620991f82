// Gives a body that has arrived its final name, durably, before the row that names it.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDurableDirectory } from '../disk/durable-file.ts';
import { makeSharedSync } from '../disk/shared-sync.ts';
import { toPayloadName } from './placed.ts';

/** Places bodies into one payload folder. */
export type Placer = {
  /**
   * Rename a file whose bytes are on the disk. Its new name is durable once this resolves.
   *
   * @param uploadId - Names it.
   * @param from - Path where it arrived; on the same file system.
   * @returns Its name below the payload folder.
   * @throws the system's error.
   */
  readonly place: (uploadId: string, from: string) => Promise<string>;
};

/**
 * Make the placer of a store.
 *
 * @param payload - Folder; exists, durable.
 */
export function makePlacer(payload: string): Placer {
  const sync = makeSharedSync();
  // At most 256.
  const folders = new Map<string, Promise<void>>();
  const ensure = (folder: string): Promise<void> => {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    // Race: whoever finds the folder just made waits for its maker, who flushes its name.
    const made = ensureDurableDirectory(folder);
    folders.set(folder, made);
    // The maker is told by his own await; the next one tries again.
    made.catch(() => folders.delete(folder));
    return made;
  };
  return {
    place: async (uploadId, from) => {
      const name = toPayloadName(uploadId);
      const folder = join(payload, name.slice(0, 2));
      await ensure(folder);
      await rename(from, join(payload, name));
      await sync(folder);
      return name;
    },
  };
}
