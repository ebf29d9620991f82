// Lists what lies in a watch folder.

import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { makePathRelation } from '../disk/path-relation.ts';
import { isFromSystem } from './look-at.ts';

/** Folders inside folders at most. Source: configuration.md 2, intake. */
export const MAX_DEPTH = 16;

/** What to list. */
export type ScanInput = {
  /** Absolute path of the watch folder. */
  readonly root: string;
  /** Folders inside too. */
  readonly isRecursive: boolean;
  /** Absolute paths that are left out with everything inside. */
  readonly skip: readonly string[];
  /** Entries at most. */
  readonly limit: number;
};

/** Paths relative to the folder, with `/`. `isCut`: there are more than the limit. */
export type ScanOutcome = { readonly paths: readonly string[]; readonly isCut: boolean };

type Place = { readonly relative: string; readonly depth: number };

/**
 * What lies in one folder. One inside may vanish, be closed to us or fail to be read while the others are listed; the watch folder
 * itself may not.
 */
async function* listEntries(path: string, { depth }: Place): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path, { bufferSize: 256 });
  } catch (error) {
    if (depth === 0 || !isFromSystem(error)) throw error;
  }
}

/**
 * List a watch folder: files, and whatever else is there, but no link is followed.
 *
 * Folders that are gone into are not listed themselves; the others are.
 *
 * @param input - See {@link ScanInput}.
 * @param options - `signal` ends it between two entries; `platform` says how names are compared.
 * @throws the system's error when the watch folder itself cannot be listed.
 */
export async function scanFolder(
  { root, isRecursive, skip, limit }: ScanInput,
  { signal, platform }: { readonly signal: AbortSignal; readonly platform?: NodeJS.Platform },
): Promise<ScanOutcome> {
  const { isSame } = makePathRelation(platform);
  const isSkipped = (path: string): boolean => skip.some((one) => isSame(one, path));
  const paths: string[] = [];
  const waiting: Place[] = [{ relative: '', depth: 0 }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    for await (const entry of listEntries(join(root, place.relative), place)) {
      signal.throwIfAborted();
      const path = place.relative === '' ? entry.name : `${place.relative}/${entry.name}`;
      if (entry.isDirectory() && isSkipped(join(root, path))) continue;
      if (paths.length >= limit) return { paths, isCut: true };
      if (isRecursive && entry.isDirectory() && place.depth < MAX_DEPTH) {
        waiting.push({ relative: path, depth: place.depth + 1 });
      } else {
        paths.push(path);
      }
    }
  }
  return { paths, isCut: false };
}
