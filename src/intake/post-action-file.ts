// The file that something is to be done with: opened again, and proved to be the one that was taken in.

import { createHash } from 'node:crypto';
import { type FileHandle, lstat } from 'node:fs/promises';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { confinePath, openConfined } from '../disk/confined.ts';
import type { PostAction } from '../store/types.ts';
import { identityOf } from './look-at.ts';
import { keyOf } from './place-name.ts';

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
