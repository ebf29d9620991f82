// A converter folder as a list of names: what may be imported, and nothing in it that is a link, pipe or device.

import { type Dirent, lstatSync, opendirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { FILE_LIMITS, type FilePolicy, findOwnerFault } from './files.ts';
import { makeFinding } from './finding.ts';

/** A folder whose names were read. */
export type FolderReading =
  | { readonly kind: 'read'; readonly root: string; readonly listing: ReadonlySet<string> }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] };

const MAX_DEPTH = 16;
// Test data beside a converter: never opened by the daemon, so it counts towards nothing.
const SKIPPED_AT_TOP = 'fixtures';
const CONTROL = /\p{Cc}/u;

function refuseFolder(code: string, message: string, hint?: string): FolderReading {
  return { kind: 'refused', findings: [makeFinding(code, { file: null }, { message, hint })] };
}

function* readEntries(folder: string): Generator<Dirent> {
  const directory = opendirSync(folder);
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield entry;
  } finally {
    directory.closeSync();
  }
}

function findEntryFault(entry: Dirent, path: string): Finding | null {
  if (CONTROL.test(entry.name)) {
    return makeFinding('file-type', { file: path }, { message: 'has a control character in its name' });
  }
  if (entry.isFile()) return null;
  if (entry.isDirectory() && path.split('/').length <= MAX_DEPTH) return null;
  const message = entry.isDirectory()
    ? `lies more than ${MAX_DEPTH} folders deep`
    : 'is a link, pipe or device; a converter folder holds regular files only';
  return makeFinding('file-type', { file: path }, { message, hint: 'put a copy of the file there' });
}

function isSkipped(entry: Dirent, parent: string): boolean {
  // Hidden entries (.git, editors' folders) cannot be imported, so they need no check.
  return entry.name.startsWith('.') || (parent === '' && entry.name === SKIPPED_AT_TOP && entry.isDirectory());
}

function listFolder(root: string): FolderReading {
  const listing = new Set<string>();
  const findings: Finding[] = [];
  const folders = [''];
  for (let parent = folders.pop(); parent !== undefined; parent = folders.pop()) {
    for (const entry of readEntries(join(root, parent))) {
      if (isSkipped(entry, parent)) continue;
      const path = parent === '' ? entry.name : `${parent}/${entry.name}`;
      const fault = findEntryFault(entry, path);
      if (fault !== null) findings.push(fault);
      else if (entry.isDirectory()) folders.push(path);
      else listing.add(path);
      if (listing.size + folders.length + findings.length > FILE_LIMITS.files) {
        return refuseFolder(
          'file-count',
          `the folder holds more than ${FILE_LIMITS.files} files`,
          'bundle the modules',
        );
      }
    }
  }
  return findings.length > 0 ? { kind: 'refused', findings } : { kind: 'read', root, listing };
}

/**
 * List a converter folder.
 *
 * @param folder - Absolute path; the folder itself may not be a link, what lies above it may.
 * @param policy - Who may have written it.
 */
export function readFolder(folder: string, policy: FilePolicy): FolderReading {
  try {
    const root = join(realpathSync(dirname(resolve(folder))), basename(folder));
    const stats = lstatSync(root);
    if (!stats.isDirectory()) return refuseFolder('file-type', 'the converter is not a folder, or is a link to one');
    const fault = findOwnerFault(stats, policy);
    if (fault !== null) return refuseFolder(fault.code, `the folder ${fault.message}`, fault.hint);
    return listFolder(root);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return refuseFolder('not-found', 'there is no such folder');
    if (isSystemError(error, 'EACCES', 'EPERM', 'ELOOP')) {
      return refuseFolder('file-unreadable', `the folder cannot be read: ${error.code}`);
    }
    throw error;
  }
}
