// One file of a converter folder, read once and only if nobody else could have put it there.

import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { formatBytes } from '../core/units.ts';
import { makeFinding } from './finding.ts';

/** Caps of a converter folder. Source: sandbox.md 7. */
export const FILE_LIMITS = {
  manifestBytes: 64 * 1024,
  fileBytes: 1024 ** 2,
  converterBytes: 4 * 1024 ** 2,
  files: 200,
} as const;

/** Who may have written a converter. */
export type FilePolicy = {
  /** Owners that are believed; null where the system has no owners (Windows). */
  readonly trustedUids: readonly number[] | null;
  /** No file or folder may have one of these mode bits, e.g. 0o002. */
  readonly forbiddenMode: number;
};

/** A file's bytes, or why they were not taken. */
export type FileReading =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly finding: Finding };

/** What {@link readConverterFile} needs to know. `root` has no links in it; `path` is relative, with `/`. */
export type FileRequest = {
  readonly root: string;
  readonly path: string;
  readonly maxBytes: number;
  readonly policy: FilePolicy;
};

const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * What is wrong with owner or mode of a file or folder, or null.
 *
 * @param stats - As `lstat` or `fstat` gave them.
 * @param policy - Who may have written it.
 */
export function findOwnerFault(
  stats: Pick<Stats, 'uid' | 'mode'>,
  policy: FilePolicy,
): { readonly code: string; readonly message: string; readonly hint: string } | null {
  if (policy.trustedUids === null) return null;
  if (!policy.trustedUids.includes(stats.uid)) {
    const message = `belongs to user ${stats.uid}, who is neither the daemon's user nor root`;
    return { code: 'file-owner', message, hint: "change the owner to the daemon's user" };
  }
  if ((stats.mode & policy.forbiddenMode) !== 0) {
    const message = `may be written by others (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')})`;
    return { code: 'file-writable', message, hint: 'chmod go-w' };
  }
  return null;
}

function refuse(file: string, code: string, text: { readonly message: string; readonly hint?: string }): FileReading {
  return { kind: 'refused', finding: makeFinding(code, { file }, text) };
}

function findFolderFault({ root, path, policy }: FileRequest): FileReading | null {
  const folders = path.split('/').slice(0, -1);
  for (let depth = 0; depth <= folders.length; depth += 1) {
    const relative = folders.slice(0, depth).join('/');
    const stats = lstatSync(join(root, relative));
    if (!stats.isDirectory()) return refuse(path, 'file-type', { message: `"${relative}" on the way is not a folder` });
    const fault = findOwnerFault(stats, policy);
    if (fault !== null)
      return refuse(path, fault.code, { ...fault, message: `the folder "${relative}" ${fault.message}` });
  }
  return null;
}

function isWhereExpected(fd: number, { root, path }: FileRequest): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === join(root, path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return true; // no /proc here; O_NOFOLLOW and the folders' lstat still hold
    throw error;
  }
}

function readToCap(fd: number, maxBytes: number): Buffer {
  const buffer = Buffer.alloc(maxBytes + 1);
  let used = 0;
  for (;;) {
    const count = readSync(fd, buffer, used, buffer.length - used, null);
    used += count;
    if (count === 0 || used === buffer.length) return buffer.subarray(0, used);
  }
}

function readOpened(fd: number, request: FileRequest): FileReading {
  const { path, maxBytes, policy } = request;
  const stats = fstatSync(fd);
  if (!stats.isFile()) return refuse(path, 'file-type', { message: 'is not a regular file' });
  const fault = findOwnerFault(stats, policy);
  if (fault !== null) return refuse(path, fault.code, fault);
  if (!isWhereExpected(fd, request)) return refuse(path, 'file-type', { message: 'is not where its path says' });
  // Order: the cap counts what was read, not what fstat said; the file may grow between the two.
  const bytes = readToCap(fd, maxBytes);
  if (bytes.length <= maxBytes) return { kind: 'read', bytes };
  const message = `is larger than ${formatBytes(maxBytes)}`;
  return refuse(path, 'file-size', { message, hint: 'split it, or leave data out of the code' });
}

/**
 * Read a file of a converter folder once, to its cap.
 *
 * Race: each folder on the way is checked first, the file is opened without following a link and checked by its descriptor, and
 * where the descriptor leads is compared last; a swap in between is seen or reads what was checked.
 *
 * @param request - Which file, to which cap, from whom.
 * @throws what the disk throws, but for what a hostile folder can cause.
 */
export function readConverterFile(request: FileRequest): FileReading {
  const { root, path } = request;
  try {
    const fault = findFolderFault(request);
    if (fault !== null) return fault;
    const fd = openSync(join(root, path), OPEN_FLAGS);
    try {
      return readOpened(fd, request);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR'))
      return refuse(path, 'not-found', { message: 'there is no such file' });
    if (isSystemError(error, 'ELOOP', 'EMLINK')) return refuse(path, 'file-type', { message: 'is a link' });
    if (isSystemError(error, 'EACCES', 'EPERM', 'ENXIO', 'EISDIR')) {
      return refuse(path, 'file-unreadable', { message: `cannot be read: ${error.code}` });
    }
    throw error;
  }
}
