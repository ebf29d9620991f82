// The file that something is to be done with: opened again, and proved to be the one that was taken in.

import { createHash } from 'node:crypto';
import { type FileHandle, link, lstat, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { confinePath, openConfined } from '../disk/confined.ts';
import type { PostAction } from '../store/types.ts';
import { identityOf } from './look-at.ts';

/** The file, open; null handle = it cannot be read, and never was. The caller closes it. */
export type ActionFile = AsyncDisposable & {
  readonly path: string;
  readonly file: FileHandle | null;
  /** Device and inode. */
  readonly key: string;
};

/** What lies there now. `other`: not the content that was taken in; nobody touches it. */
export type OpenedAction =
  | { readonly kind: 'ours'; readonly ours: ActionFile }
  | { readonly kind: 'other' }
  | { readonly kind: 'unreadable'; readonly error: unknown };

const keyOf = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string => `${dev}:${ino}`;

/** Device and inode of what lies at a path, links not followed; null = nothing. */
export async function keyAt(path: string): Promise<string | null> {
  try {
    return keyOf(await lstat(path, { bigint: true }));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

async function hashOf(file: FileHandle, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  // From the start, and the handle stays open for the copy that may follow.
  for await (const piece of file.createReadStream({ start: 0, autoClose: false, signal })) hash.update(piece);
  return hash.digest('hex');
}

async function openUnread(root: string, { path, identity }: PostAction): Promise<OpenedAction> {
  const absolute = confinePath(root, path);
  const stats = await lstat(absolute, { bigint: true }).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
  if (stats === null || !stats.isFile() || identityOf(stats) !== identity) return { kind: 'other' };
  const ours = { path: absolute, file: null, key: keyOf(stats), [Symbol.asyncDispose]: () => Promise.resolve() };
  return { kind: 'ours', ours };
}

/**
 * Open the file of an action.
 *
 * @param root - The watch folder.
 * @param action - As listed.
 * @param options - `signal` ends the reading.
 * @returns `ours` only if size, time, inode and content are those that were taken in.
 */
export async function openActionFile(
  root: string,
  action: PostAction,
  { signal }: { readonly signal: AbortSignal },
): Promise<OpenedAction> {
  if (action.sha256 === null) return openUnread(root, action);
  let file: FileHandle | null = null;
  try {
    file = await openConfined(root, action.path);
    const stats = await file.stat({ bigint: true });
    const isSame = identityOf(stats) === action.identity && (await hashOf(file, signal)) === action.sha256;
    if (!isSame) {
      await file.close();
      return { kind: 'other' };
    }
    const held = file;
    const ours = {
      path: confinePath(root, action.path),
      file,
      key: keyOf(stats),
      [Symbol.asyncDispose]: () => held.close(),
    };
    return { kind: 'ours', ours };
  } catch (error) {
    await file?.close();
    signal.throwIfAborted();
    if (!(error instanceof AirlockError)) return { kind: 'unreadable', error };
    const isOther = error.code === 'invalid_params' || isSystemError(error.cause, 'ENOENT', 'ENOTDIR');
    return isOther ? { kind: 'other' } : { kind: 'unreadable', error };
  }
}

/** The name that only this action uses for something half done; it is temporary to every watch folder. */
export const asideName = (action: Pick<PostAction, 'seq'>): string => `.airlock-${action.seq}.part`;

async function putBack(aside: string, path: string): Promise<void> {
  try {
    // Linked, not renamed: a third file at that place must not be overwritten.
    await link(aside, path);
    await unlink(aside);
  } catch (error) {
    // Where there are no links, the place must at least be empty.
    if (isSystemError(error, 'EEXIST') || (await keyAt(path)) !== null) throw error;
    await rename(aside, path);
  }
}

/**
 * Take a file away, and no other one that took its place, and none that was written to in the meantime.
 *
 * Race: between the look and the removal another program may put a new file there, or write into this one. So it is renamed
 * aside first; what turns out to be another one is put back.
 *
 * @param ours - As opened.
 * @param action - As listed.
 * @returns `exchanged`: ours had lost its name already, and the one that took it lies there; `changed`: it was written to, and
 * lies where it was.
 * @throws the system's error when it cannot be removed.
 */
export async function removeExactly(
  ours: ActionFile,
  action: Pick<PostAction, 'seq' | 'identity'>,
): Promise<'removed' | 'exchanged' | 'changed'> {
  const aside = join(dirname(ours.path), asideName(action));
  await rename(ours.path, aside);
  const stats = await lstat(aside, { bigint: true });
  if (keyOf(stats) === ours.key && identityOf(stats) === action.identity) {
    await unlink(aside);
    return 'removed';
  }
  await putBack(aside, ours.path);
  return keyOf(stats) === ours.key ? 'changed' : 'exchanged';
}

/**
 * Remove what an earlier try that was cut short left aside.
 *
 * @param root - The watch folder.
 * @param action - As listed.
 */
export async function removeLeftover(root: string, action: Pick<PostAction, 'seq' | 'path'>): Promise<void> {
  const aside = join(dirname(confinePath(root, action.path)), asideName(action));
  await unlink(aside).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
  });
}
