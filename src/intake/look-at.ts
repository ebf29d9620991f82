// What lies at a path of a watch folder, without opening it.

import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { confinePath } from '../disk/confined.ts';

/** What is never opened. */
export type OddKind = 'link' | 'folder' | 'fifo' | 'socket' | 'device' | 'name' | 'closed';

/** What lies there. `name`: a name that cannot be used on this system or is no UTF-8; `closed`: the system does not say. */
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

/** Is this an error of the operating system's, whatever it says? */
export function isFromSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
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
 * @returns never an error of the system's: one entry that cannot be looked at (a bad block, a share that forgot it, a lock) is
 * `closed`, and the others of its folder are taken all the same.
 */
export async function lookAt(root: string, path: string): Promise<Found> {
  try {
    const stats = await lstat(confinePath(root, path), { bigint: true });
    if (!stats.isFile()) return { kind: 'odd', what: oddKindOf(stats) };
    return { kind: 'file', identity: identityOf(stats), size: Number(stats.size) };
  } catch (error) {
    if (error instanceof AirlockError) return { kind: 'odd', what: 'name' };
    if (!isFromSystem(error)) throw error;
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) return { kind: 'odd', what: 'closed' };
    // Bytes that are no UTF-8 come as U+FFFD: no path leads back to such a file.
    return path.includes('\uFFFD') ? { kind: 'odd', what: 'name' } : { kind: 'gone' };
  }
}
