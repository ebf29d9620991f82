// What lies at a path of a watch folder, without opening it.

import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { confinePath } from '../disk/confined.ts';

/** What is never opened. */
export type OddKind = 'link' | 'folder' | 'fifo' | 'socket' | 'device' | 'name' | 'closed';

/** What lies there. `name`: a name that cannot be used on this system or is no UTF-8; `closed`: in a folder we may not enter. */
export type Found =
  | { readonly kind: 'file'; readonly identity: string; readonly size: number }
  | { readonly kind: 'odd'; readonly what: OddKind }
  | { readonly kind: 'gone' };

/**
 * Size, time and inode as one text. Not the device, whose number may change with a restart of the machine.
 *
 * @param stats - Of the path or of the open file.
 */
export function identityOf({ size, mtimeNs, ino }: Pick<BigIntStats, 'size' | 'mtimeNs' | 'ino'>): string {
  return `${size}:${mtimeNs}:${ino}`;
}

function oddKindOf(stats: BigIntStats): OddKind {
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isDirectory()) return 'folder';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}

/**
 * Look at a path; nothing is opened and no link is followed.
 *
 * @param root - The watch folder.
 * @param path - Relative to it, with `/`.
 * @throws the system's error for anything but a file that is not there.
 */
export async function lookAt(root: string, path: string): Promise<Found> {
  try {
    const stats = await lstat(confinePath(root, path), { bigint: true });
    if (!stats.isFile()) return { kind: 'odd', what: oddKindOf(stats) };
    return { kind: 'file', identity: identityOf(stats), size: Number(stats.size) };
  } catch (error) {
    if (error instanceof AirlockError) return { kind: 'odd', what: 'name' };
    if (isSystemError(error, 'EACCES', 'EPERM')) return { kind: 'odd', what: 'closed' };
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    // Bytes that are no UTF-8 come as U+FFFD: no path leads back to such a file.
    return path.includes('\uFFFD') ? { kind: 'odd', what: 'name' } : { kind: 'gone' };
  }
}
