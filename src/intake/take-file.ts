// Takes one file of a watch folder in: opened without following anything, read once, handed to the store.

import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { assertNever } from '../core/assert-never.ts';
import { INLINE_BODY_BYTES } from '../core/body.ts';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { type KeyId, type SubmissionId, toKeyId } from '../core/ids.ts';
import { openConfined } from '../disk/confined.ts';
import type { AcceptInput, FolderOrigin, IncomingBody, QueueFull, Store } from '../store/types.ts';
import { identityOf } from './look-at.ts';
import { readInto } from './read-into.ts';

const PIECE_BYTES = 256 * 1024;

/** What taking needs. */
export type TakeDeps = { readonly store: Pick<Store, 'accept' | 'openUpload'> };

/** One settled file, and what is submitted with it. */
export type TakeInput = Pick<AcceptInput, 'converter' | 'arguments' | 'priority'> & {
  readonly root: string;
  readonly origin: FolderOrigin;
  /** Bytes at most. */
  readonly maxBytes: number;
};

/** How taking can end. `changed`: it has to settle again. */
export type TakeOutcome =
  | { readonly kind: 'taken'; readonly submissionId: SubmissionId; readonly duplicate: boolean }
  | { readonly kind: 'changed' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly error: unknown }
  | { readonly kind: 'too_large'; readonly size: number; readonly limit: number }
  | QueueFull;

type NotRead = Exclude<TakeOutcome, { readonly kind: 'taken' }>;
type Read = { readonly kind: 'read'; readonly body: IncomingBody } | NotRead;

// A key's name has no colon: no program can send under this one.
const KID_PREFIX = 'folder:';

/** Who sent the files of a watch folder. */
export const kidOfFolder = (folder: string): KeyId => toKeyId(`${KID_PREFIX}${folder}`);

/** The watch folder that sent a submission; null = a program did. */
export function folderOfKid(kid: KeyId): string | null {
  return kid.startsWith(KID_PREFIX) ? kid.slice(KID_PREFIX.length) : null;
}

async function readInline(file: FileHandle, size: number): Promise<Read> {
  // One byte more than it should have: a file that grew is told from one that did not.
  const buffer = new Uint8Array(size + 1);
  const length = await readInto(file, buffer);
  return length === size
    ? { kind: 'read', body: { kind: 'inline', bytes: buffer.subarray(0, size) } }
    : { kind: 'changed' };
}

type Upload = Extract<Awaited<ReturnType<Store['openUpload']>>, { readonly kind: 'opened' }>['upload'];

async function readIntoUpload(
  file: FileHandle,
  { upload, size, signal }: { readonly upload: Upload; readonly size: number; readonly signal: AbortSignal },
): Promise<Read> {
  let total = 0;
  for (;;) {
    signal.throwIfAborted();
    const piece = new Uint8Array(PIECE_BYTES);
    const length = await readInto(file, piece);
    if (length === 0) break;
    total += length;
    if (total > size) return { kind: 'changed' };
    const written = await upload.write(piece.subarray(0, length));
    if (written.kind === 'too_large') return { ...written, size };
    if (written.kind !== 'ok') return written;
  }
  if (total !== size) return { kind: 'changed' };
  const body = await upload.finish();
  return body.kind === 'received' ? { kind: 'read', body } : body;
}

async function openFile(root: string, path: string): Promise<FileHandle | NotRead> {
  try {
    return await openConfined(root, path);
  } catch (error) {
    if (!(error instanceof AirlockError)) throw error;
    // A link or something else took its place: the next look says what.
    if (error.code === 'invalid_params') return { kind: 'changed' };
    return isSystemError(error.cause, 'ENOENT', 'ENOTDIR') ? { kind: 'gone' } : { kind: 'unreadable', error };
  }
}

async function acceptBody(
  { store }: TakeDeps,
  { origin, converter, arguments: given, priority }: TakeInput,
  body: IncomingBody,
): Promise<TakeOutcome> {
  const outcome = await store.accept({
    kid: kidOfFolder(origin.folder),
    // Known by folder, path and content instead.
    idempotencyKey: randomUUID(),
    name: basename(origin.path),
    body,
    companions: [],
    origin,
    converter,
    arguments: given,
    priority,
    group: null,
  });
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'taken', submissionId: outcome.submissionId, duplicate: outcome.duplicate };
    case 'too_large':
      return { ...outcome, size: body.kind === 'inline' ? body.bytes.byteLength : body.size };
    case 'queue_full':
      return outcome;
    case 'conflict':
      throw new AirlockError('internal', 'Cannot take in file: the store knows a key that was never used');
    default:
      return assertNever(outcome);
  }
}

async function hasChanged(file: FileHandle, origin: FolderOrigin): Promise<boolean> {
  return identityOf(await file.stat({ bigint: true })) !== origin.identity;
}

async function readAndAccept(
  deps: TakeDeps,
  input: TakeInput,
  { file, size, signal }: { readonly file: FileHandle; readonly size: number; readonly signal: AbortSignal },
): Promise<TakeOutcome> {
  const { origin, maxBytes } = input;
  await using stack = new AsyncDisposableStack();
  let read: Read;
  if (size <= INLINE_BODY_BYTES) {
    read = await readInline(file, size);
  } else {
    const opened = await deps.store.openUpload({ kid: kidOfFolder(origin.folder), size, maxBytes });
    if (opened.kind === 'too_large') return { ...opened, size };
    if (opened.kind !== 'opened') return opened;
    read = await readIntoUpload(file, { upload: stack.use(opened.upload), size, signal });
  }
  if (read.kind !== 'read') return read;
  // Order: looked at again after the last byte; a file that was written to meanwhile settles anew.
  if (await hasChanged(file, origin)) return { kind: 'changed' };
  signal.throwIfAborted();
  // Order: awaited here, for the upload goes with this function.
  return await acceptBody(deps, input, read.body);
}

/**
 * Take one file in. It is durable once this answers `taken`.
 *
 * @param deps - The store.
 * @param input - The file as it was when it had settled.
 * @param options - `signal` gives up between two pieces; nothing is left behind then.
 * @throws {AirlockError} unavailable when the store has failed; `signal.reason` when aborted.
 */
export async function takeFile(
  deps: TakeDeps,
  input: TakeInput,
  { signal }: { readonly signal: AbortSignal },
): Promise<TakeOutcome> {
  const { root, origin, maxBytes } = input;
  const opened = await openFile(root, origin.path);
  if ('kind' in opened) return opened;
  await using file = opened;
  try {
    const stats = await file.stat({ bigint: true });
    if (identityOf(stats) !== origin.identity) return { kind: 'changed' };
    const size = Number(stats.size);
    if (size > maxBytes) return { kind: 'too_large', size, limit: maxBytes };
    return await readAndAccept(deps, input, { file, size, signal });
  } catch (error) {
    // A share that went away, a lock on a part of the file: tried again later.
    if (isSystemError(error, 'EIO', 'EBUSY', 'EACCES', 'EPERM', 'ESTALE', 'EAGAIN'))
      return { kind: 'unreadable', error };
    throw error;
  }
}
