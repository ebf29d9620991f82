// Moves a finished file to its target folder: never over another one, safe to be repeated after a crash at any step.

import { link, lstat, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import { writeFully } from '../disk/durable-file.ts';
import { syncDirectory } from '../disk/sync-directory.ts';
import type { PostAction } from '../store/types.ts';
import { type ActionFile, asideName, keyAt, removeExactly } from './post-action-file.ts';
import { candidateNames, makeTargetFolder } from './target-folder.ts';

/** Where a file goes. */
export type MoveInput = {
  readonly root: string;
  /** Absolute. */
  readonly target: string;
  readonly action: PostAction;
  /** Text of the file beside it, `<name>.error.json`; null = none. */
  readonly record: string | null;
};

type Placed = 'placed' | 'taken';

// As the umask allows: people on the shop floor read them.
const FILE_MODE = 0o666;

/** Give a file that lies on the same file system one more name, unless the name is taken. Later `from` is removed by the caller. */
async function linkTo(from: string, to: string): Promise<Placed | 'other_disk'> {
  try {
    await link(from, to);
    return 'placed';
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return 'taken';
    if (isSystemError(error, 'EXDEV')) return 'other_disk';
    // File systems without links (FAT, some shares): the caller copies.
    if (isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EISDIR', 'UNKNOWN'))
      return 'other_disk';
    throw error;
  }
}

/** Give a temporary file its name, unless the name is taken. */
async function settleName(temporary: string, to: string): Promise<Placed> {
  const linked = await linkTo(temporary, to);
  if (linked === 'placed') {
    await unlink(temporary);
    return 'placed';
  }
  if (linked === 'taken' || (await keyAt(to)) !== null) return 'taken';
  // Race: where no links exist, another program may take the name between the look and the rename.
  await rename(temporary, to);
  return 'placed';
}

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT')) throw error;
  });
}

async function copyTo(ours: ActionFile, temporary: string, signal: AbortSignal): Promise<void> {
  await removeIfThere(temporary);
  const { mode, atime, mtime } = await lstat(ours.path);
  const source = ours.file ?? (await open(ours.path, 'r'));
  try {
    await using copy = await open(temporary, 'wx', mode & 0o777);
    for await (const piece of source.createReadStream({ start: 0, autoClose: false, signal }))
      await writeFully(copy, piece);
    await copy.utimes(atime, mtime);
    await copy.sync();
  } finally {
    if (source !== ours.file) await source.close();
  }
}

/** Write the record under its name. Order: before the file, so that no failed file lies there without its reason. */
async function placeRecord(
  path: string,
  { record, temporary }: { record: string; temporary: string },
): Promise<Placed> {
  const there = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  });
  // Ours from a try that was cut short; anything else is another file's.
  if (there !== null) return there === record ? 'placed' : 'taken';
  await removeIfThere(temporary);
  {
    await using file = await open(temporary, 'wx', FILE_MODE);
    await writeFully(file, new TextEncoder().encode(record));
    await file.sync();
  }
  return settleName(temporary, path);
}

async function placeAs(
  ours: ActionFile,
  to: string,
  {
    temporary,
    record,
    signal,
  }: { readonly temporary: string; readonly record: string | null; readonly signal: AbortSignal },
): Promise<Placed> {
  const there = await keyAt(to);
  // A second name of the very file: a try that was cut short before the first name went.
  if (there === ours.key) return 'placed';
  if (there !== null) return 'taken';
  if (record !== null && (await placeRecord(`${to}.error.json`, { record, temporary })) === 'taken') return 'taken';
  const linked = await linkTo(ours.path, to);
  if (linked === 'placed' && (await keyAt(to)) !== ours.key) {
    // Race: another file took the place of ours since it was opened; it keeps its own name.
    await unlink(to);
    throw new Error('Cannot move file: another one took its place');
  }
  if (linked !== 'other_disk') return linked;
  await copyTo(ours, temporary, signal);
  return settleName(temporary, to);
}

/**
 * Move a file; the folder's list of names is on the disk before the old name goes.
 *
 * @param ours - Proved to be the file of the action.
 * @param input - Where to, and what to write beside it.
 * @param options - `signal` ends a copy.
 * @returns the new name, relative to nothing: its last part.
 * @throws {Error} when every name is taken, a link leads away, or it was written to meanwhile; the system's error otherwise. The file then lies where it was.
 */
export async function moveFile(
  ours: ActionFile,
  { root, target, action, record }: MoveInput,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  const folder = await makeTargetFolder(root, target, action.path);
  const temporary = join(folder, asideName(action));
  for (const name of candidateNames(action)) {
    if ((await placeAs(ours, join(folder, name), { temporary, record, signal })) === 'taken') continue;
    await syncDirectory(folder);
    if ((await removeExactly(ours, action)) !== 'changed') return name;
    // What was written to after it was read is a new file: it stays, and only there.
    await removeIfThere(join(folder, name));
    if (record !== null) await removeIfThere(join(folder, `${name}.error.json`));
    throw new Error('Cannot move file: it was written to meanwhile');
  }
  throw new Error('Cannot move file: every name for it is taken');
}
