// A folder of converters as a list of candidates, and whether it is private enough to run them without approval.

import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';

/** One sub-folder that may be a converter. */
export type ScannedConverter = { readonly name: string; readonly path: string };

/** A folder, read. `missing` is no fault: it may come later. */
export type FolderScan =
  | { readonly kind: 'read'; readonly converters: readonly ScannedConverter[] }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly code: string }
  | { readonly kind: 'too_many'; readonly allowed: number };

/** Converters of one folder. */
export const MAX_CONVERTERS = 500;

const WRITABLE_BY_GROUP_OR_OTHERS = 0o022;

/**
 * List the converters of a folder, in order of name. Files and hidden folders are passed over; links are not, so that the gate can
 * say why it refuses them.
 *
 * @param path - Absolute path.
 */
export async function scanFolder(path: string): Promise<FolderScan> {
  try {
    const converters: ScannedConverter[] = [];
    for await (const entry of await opendir(path)) {
      if (entry.name.startsWith('.') || !(entry.isDirectory() || entry.isSymbolicLink())) continue;
      if (converters.length === MAX_CONVERTERS) return { kind: 'too_many', allowed: MAX_CONVERTERS };
      converters.push({ name: entry.name, path: join(path, entry.name) });
    }
    // By UTF-16 units, so that "the first keeps serving" means the same on every machine.
    converters.sort((left, right) => (left.name < right.name ? -1 : 1));
    return { kind: 'read', converters };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return { kind: 'missing' };
    if (error instanceof Error && 'code' in error) return { kind: 'unreadable', code: String(error.code) };
    throw error;
  }
}

/**
 * Can nobody but the daemon's user (and root) write to this folder?
 *
 * @param path - Absolute path of an existing folder; a link is never private.
 */
export async function isPrivateFolder(path: string): Promise<boolean> {
  const stats = await lstat(path);
  if (!stats.isDirectory()) return false;
  const own = process.getuid?.();
  if (own === undefined) return true; // Windows: folders below the user's profile are private by their ACL
  return (stats.uid === own || stats.uid === 0) && (stats.mode & WRITABLE_BY_GROUP_OR_OTHERS) === 0;
}
