// Finds the folder of a converter: as a path, else by name in the configured folders, else among the bundled ones.

import { stat } from 'node:fs/promises';
import path from 'node:path';

const bundled = path.resolve(import.meta.dirname, '../../../converters');
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

async function isFolder(file: string): Promise<boolean> {
  // Whatever the reason, what cannot be looked at is not a folder that could be checked.
  return await stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/**
 * Find it.
 *
 * @param target - A path, or a converter's name.
 * @param options - `folders`: absolute paths of `converters.folders`.
 * @returns Absolute path, or null when there is none.
 */
export async function findFolder(
  target: string,
  { folders }: { readonly folders: readonly string[] },
): Promise<string | null> {
  const named = NAME.test(target) ? [...folders, bundled].map((folder) => path.join(folder, target)) : [];
  for (const candidate of [path.resolve(target), ...named]) {
    if (await isFolder(candidate)) return candidate;
  }
  return null;
}
