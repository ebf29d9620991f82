// The files that a command line names: patterns expanded, sizes checked, small ones read, large ones opened.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { AirlockError } from '../../core/errors.ts';
import { expandNames, toReadFailure } from '../named-files.ts';

/** Bytes of a file: whole, or in pieces as they are taken. `size` is null where nobody can say it beforehand. */
export type FileContent =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly size: number | null; readonly bytes: AsyncIterable<Uint8Array> };

/** A file that is open; disposal closes it. */
export type OpenFile = AsyncDisposable & { readonly content: FileContent };

/** A file as the user named it, and the name it is submitted under. */
export type NamedFile = {
  readonly file: string;
  readonly name: string;
  /** Can it be opened a second time? */
  readonly isRepeatable: boolean;
  /** @throws {AirlockError} file_unreadable; too_large, also while its pieces are taken. */
  readonly open: () => Promise<OpenFile>;
};

/** Sizes in bytes: up to `inline` a file is read whole, over `limit` it is refused. */
export type FileLimits = { readonly limit: number; readonly inline: number };

function tooLarge(what: string, has: string, limit: number): AirlockError {
  const message = `Cannot submit ${what}: it has ${has} bytes, at most ${limit} are taken`;
  return new AirlockError('too_large', message, { data: { limit } });
}

type Source = {
  readonly what: string;
  readonly size: number | null;
  readonly pieces: AsyncIterator<Uint8Array>;
};

/** The pieces that were read already, then the others; counted, since a device or a file that grows says nothing beforehand. */
async function* allPieces(
  { what, pieces }: Source,
  head: readonly Uint8Array[],
  { limit }: FileLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  const counted = (piece: Uint8Array): Uint8Array => {
    size += piece.byteLength;
    if (size > limit) throw tooLarge(what, `more than ${limit}`, limit);
    return piece;
  };
  for (const piece of head) yield counted(piece);
  try {
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield counted(next.value);
  } catch (error) {
    throw toReadFailure(what, error);
  }
}

/** Read as much as goes inline; what is larger becomes a stream. */
async function readHead(source: Source, limits: FileLimits): Promise<FileContent> {
  const head: Uint8Array[] = [];
  let size = 0;
  while (size <= limits.inline) {
    const next = await source.pieces.next();
    if (next.done === true) return { kind: 'inline', bytes: Buffer.concat(head) };
    size += next.value.byteLength;
    if (size > limits.limit) throw tooLarge(source.what, `more than ${limits.limit}`, limits.limit);
    head.push(next.value);
  }
  return { kind: 'stream', size: source.size, bytes: allPieces(source, head, limits) };
}

async function contentOf(handle: FileHandle, file: string, limits: FileLimits): Promise<FileContent> {
  const stats = await handle.stat();
  if (stats.isFIFO()) throw new Error('it is a pipe; write "… | airlock submit -" instead');
  if (stats.isFile() && stats.size > limits.limit) throw tooLarge(file, String(stats.size), limits.limit);
  const stream: AsyncIterable<Uint8Array> = handle.createReadStream({ autoClose: false });
  const size = stats.isFile() ? stats.size : null;
  return await readHead({ what: file, size, pieces: stream[Symbol.asyncIterator]() }, limits);
}

async function openFile(file: string, limits: FileLimits): Promise<OpenFile> {
  try {
    await using stack = new AsyncDisposableStack();
    // Without the flag, a FIFO that nobody writes to would hold the command in the system, deaf to an interrupt.
    const handle = stack.use(await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
    const content = await contentOf(handle, file, limits);
    const kept = stack.move();
    return { content, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  } catch (error) {
    throw toReadFailure(file, error);
  }
}

async function openStream(stdin: AsyncIterable<Uint8Array>, limits: FileLimits): Promise<OpenFile> {
  const source = { what: 'standard input', size: null, pieces: stdin[Symbol.asyncIterator]() };
  return { content: await readHead(source, limits), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/**
 * A file of the disk as it is submitted.
 *
 * @param file - Path as the user wrote it.
 * @param options - Limits; `name` replaces the name that is submitted.
 */
export function nameFile(file: string, { name, ...limits }: FileLimits & { readonly name: string | null }): NamedFile {
  return { file, name: name ?? path.basename(file), isRepeatable: true, open: () => openFile(file, limits) };
}

/**
 * Expand what the user wrote into files, as {@link expandNames}.
 *
 * @param written - File arguments.
 * @param options - Limits; `stdin`; `name` replaces the name that is submitted.
 * @throws {AirlockError} file_unreadable for a pattern that matches nothing.
 */
export function expandFiles(
  written: readonly string[],
  options: FileLimits & { readonly stdin: AsyncIterable<Uint8Array>; readonly name: string | null },
): readonly NamedFile[] {
  const { stdin, name, limit, inline } = options;
  return expandNames(written).map((file) => {
    if (file !== '-') return nameFile(file, { name, limit, inline });
    const read = (): Promise<OpenFile> => openStream(stdin, { limit, inline });
    return { file: '-', name: name ?? 'stdin', isRepeatable: false, open: read };
  });
}
