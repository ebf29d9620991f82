// Where a watch folder and its targets really lie: one folder may have many names, and only the real ones can be compared.

import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isFromSystem } from './look-at.ts';
import type { FolderSettings } from './settings.ts';

/** Absolute, and free of links as far as something is there. */
export type RealPlaces = {
  readonly root: string;
  /** What is never looked into: the targets. */
  readonly skip: readonly string[];
};

/**
 * A path without links: of what is not there, or not to be seen, the part that is.
 *
 * @param path - Absolute.
 */
export async function toRealPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isFromSystem(error)) throw error;
    const parent = dirname(path);
    return parent === path ? path : join(await toRealPath(parent), basename(path));
  }
}

/**
 * Look where a folder and its targets lie now. Not kept: a target may be made, or a link exchanged, at any time.
 *
 * @param settings - The folder.
 */
export async function findRealPlaces({
  root,
  doneFolder,
  errorFolder,
}: Pick<FolderSettings, 'root' | 'doneFolder' | 'errorFolder'>): Promise<RealPlaces> {
  const [real, ...skip] = await Promise.all([root, doneFolder, errorFolder].map(toRealPath));
  return { root: real ?? root, skip };
}
