// Moves a finished file to its target folder: never over another one, safe to be repeated after a crash at any step.

import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import { openConfined } from '../disk/confined.ts';
import { writeFully } from '../disk/durable-file.ts';
import { READ_REAL_FILE } from '../disk/private-directory.ts';
import { syncDirectory } from '../disk/sync-directory.ts';
import type { PostAction } from '../store/types.ts';
import { identityOf } from './look-at.ts';
import { keyAt, linkTo, type Placed, removeIfThere, settleName } from './place-name.ts';
import type { ActionFile } from './post-action-file.ts';
import { readInto } from './read-into.ts';
import { asideName, type RemoveDeps, removeExactly } from './remove-file.ts';
import { candidateNames, makeTargetFolder, recordNameOf } from './target-folder.ts';

/** Where a file goes. */
export type MoveInput = {
  readonly root: string;
  /** Absolute. */
  readonly target: string;
  readonly action: PostAction;
  /** Text of the file beside it, `<name>.error.json`; null = none. */
  readonly record: string | null;
};

// As the umask allows: people on the shop floor read them.
const FILE_MODE = 0o666;

/** The file's own bytes, for a copy. Race: something else may have its name by now; that is never read. */
async function openSource(root: string, { path, identity }: PostAction): Promise<FileHandle> {
  const source = await openConfined(root, path);
  if (identityOf(await source.stat({ bigint: true })) === identity) return source;
  await source.close();
  throw new Error('Cannot move file: another one took its place');
}

async function copyTo(ours: ActionFile, temporary: string, { root, action, signal }: PlaceInput): Promise<void> {
  await removeIfThere(temporary);
  const source = ours.file ?? (await openSource(root, action));
  try {
    const { mode, atime, mtime } = await source.stat();
    await using copy = await open(temporary, 'wx', mode & 0o777);
    for await (const piece of source.createReadStream({ start: 0, autoClose: false, signal }))
      await writeFully(copy, piece);
    await copy.utimes(atime, mtime);
    await copy.sync();
  } finally {
    if (source !== ours.file) await source.close();
  }
}

/** Does a record of just these bytes lie there? Anything else of that name is not waited for, followed or read to its end. */
async function lookAtRecord(path: string, wanted: Uint8Array): Promise<'none' | 'ours' | 'other'> {
  try {
    await using file = await open(path, READ_REAL_FILE);
    if (!(await file.stat()).isFile()) return 'other';
    const there = new Uint8Array(wanted.byteLength + 1);
    const length = await readInto(file, there);
    return Buffer.compare(there.subarray(0, length), wanted) === 0 ? 'ours' : 'other';
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 'none';
    // A link, a socket, a file of somebody else: the name is taken, whatever it is.
    if (isSystemError(error, 'ELOOP', 'EMLINK', 'ENXIO', 'EACCES', 'EPERM', 'EISDIR')) return 'other';
    throw error;
  }
}

/** Write the record under its name. Order: before the file, so that no failed file lies there without its reason. */
async function placeRecord(
  path: string,
  { record, temporary }: { record: string; temporary: string },
): Promise<Placed> {
  const bytes = new TextEncoder().encode(record);
  const there = await lookAtRecord(path, bytes);
  // Ours from a try that was cut short; anything else is another file's.
  if (there !== 'none') return there === 'ours' ? 'placed' : 'taken';
  await removeIfThere(temporary);
  {
    await using file = await open(temporary, 'wx', FILE_MODE);
    await writeFully(file, bytes);
    await file.sync();
  }
  return settleName(temporary, path);
}

type PlaceInput = Pick<MoveInput, 'root' | 'action' | 'record'> & {
  readonly temporary: string;
  readonly signal: AbortSignal;
};

async function placeFile(ours: ActionFile, to: string, input: PlaceInput): Promise<Placed> {
  const linked = await linkTo(ours.path, to);
  if (linked === 'placed' && (await keyAt(to)) !== ours.key) {
    // Race: another file took the place of ours since it was opened; it keeps its own name.
    await unlink(to);
    throw new Error('Cannot move file: another one took its place');
  }
  if (linked !== 'other_disk') return linked;
  await copyTo(ours, input.temporary, input);
  return settleName(input.temporary, to);
}

async function placeAs(ours: ActionFile, to: string, input: PlaceInput): Promise<Placed> {
  const { temporary, record } = input;
  const there = await keyAt(to);
  // A second name of the very file: a try that was cut short before the first name went.
  if (there === ours.key) return 'placed';
  if (there !== null) return 'taken';
  if (record === null) return placeFile(ours, to, input);
  const beside = recordNameOf(to);
  if ((await placeRecord(beside, { record, temporary })) === 'taken') return 'taken';
  let placed: Placed = 'taken';
  try {
    placed = await placeFile(ours, to, input);
  } finally {
    // No record of a file that does not lie there.
    if (placed === 'taken') await removeIfThere(beside);
  }
  return placed;
}

/**
 * Move a file; the folder's list of names is on the disk before the old name goes.
 *
 * @param ours - Proved to be the file of the action.
 * @param input - Where to, and what to write beside it.
 * @param options - `signal` ends a copy; `log` hears of other files that got a new name.
 * @returns the new name, relative to nothing: its last part.
 * @throws {Error} when every name is taken, a link leads away, or it was written to meanwhile; the system's error otherwise. The file then lies where it was.
 */
export async function moveFile(
  ours: ActionFile,
  { root, target, action, record }: MoveInput,
  { signal, log }: { readonly signal: AbortSignal } & RemoveDeps,
): Promise<string> {
  const folder = await makeTargetFolder(root, target, action.path);
  const temporary = join(folder, asideName(action));
  for (const name of candidateNames(action, { hasRecord: record !== null })) {
    if ((await placeAs(ours, join(folder, name), { root, action, temporary, record, signal })) === 'taken') continue;
    await syncDirectory(folder);
    if ((await removeExactly({ log }, ours, action)) !== 'changed') return name;
    // What was written to after it was read is a new file: it stays, and only there.
    await removeIfThere(join(folder, name));
    if (record !== null) await removeIfThere(join(folder, recordNameOf(name)));
    throw new Error('Cannot move file: it was written to meanwhile');
  }
  throw new Error('Cannot move file: every name for it is taken');
}
