// The files of one job, read forwards in pieces as its runner asks for them: never whole in memory, never longer than announced.

import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import type { Body } from '../core/body.ts';
import { isSystemError } from '../core/errors.ts';
import { DATA_BYTES, type FileMessage } from './channel.ts';
import type { ConversionJob } from './job.ts';

/** The next bytes of a file, none at its end; or why the file is not the one that was taken in. */
export type Piece =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'changed'; readonly reason: string };

/** Files of a job. The owner disposes it when the job has ended. */
export type Inputs = AsyncDisposable & {
  /** The input, then its companions. */
  readonly files: readonly FileMessage[];
  /** Next piece of the file at `index`, at most {@link DATA_BYTES}. One call at a time. */
  readonly read: (index: number) => Piece | Promise<Piece>;
};

/** Opened files, or why they cannot be the ones that were taken in. */
export type InputsOpening = { readonly kind: 'opened'; readonly inputs: Inputs } | Extract<Piece, { kind: 'changed' }>;

type Source = AsyncDisposable & { readonly read: (position: number) => Piece | Promise<Piece> };

const LONGEST_CHARACTER_BYTES = 4;

const changed = (reason: string): Extract<Piece, { kind: 'changed' }> => ({ kind: 'changed', reason });

function inlineSource(bytes: Uint8Array): Source {
  return {
    read: (position) => ({ kind: 'piece', bytes: bytes.subarray(position, position + DATA_BYTES) }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function fileSource(handle: FileHandle, size: number): Source {
  return {
    read: async (position) => {
      // One byte more than was announced, so that a file that grew is noticed and not cut.
      const wanted = Math.min(DATA_BYTES, size + 1 - position);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
      const end = position + bytesRead;
      if (end > size) return changed(`the stored file holds more than the ${size} bytes it had`);
      if (bytesRead === 0 && end < size) return changed(`the stored file holds ${end} bytes, it had ${size}`);
      return { kind: 'piece', bytes: buffer.subarray(0, bytesRead) };
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function openSource(body: Body): Promise<Source | Extract<Piece, { kind: 'changed' }>> {
  if (body.kind === 'inline') return inlineSource(body.bytes);
  try {
    const handle = await open(body.path, 'r');
    return fileSource(handle, body.size);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return changed('the stored file is gone');
    throw error;
  }
}

/** Bytes at the end that may begin a character which the next piece goes on with: 0 … 3. */
function openTail(bytes: Uint8Array): number {
  for (let back = 1; back < LONGEST_CHARACTER_BYTES && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

/**
 * Is the beginning of a file valid UTF-8, but for a character that its end may cut in two?
 *
 * @param head - First bytes of a file.
 */
export function isUtf8Head(head: Uint8Array): boolean {
  return isUtf8(head.subarray(0, head.length - openTail(head)));
}

type Examined = { readonly kind: 'examined'; readonly isUtf8: boolean } | Extract<Piece, { kind: 'changed' }>;

async function examine(source: Source, signal: AbortSignal): Promise<Examined> {
  let isValid = true;
  let rest: Uint8Array = new Uint8Array();
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const piece = await source.read(position);
    if (piece.kind === 'changed') return piece;
    if (piece.bytes.length === 0) return { kind: 'examined', isUtf8: isValid && rest.length === 0 };
    position += piece.bytes.length;
    const bytes = rest.length === 0 ? piece.bytes : Buffer.concat([rest, piece.bytes]);
    const end = bytes.length - openTail(bytes);
    isValid &&= isUtf8(bytes.subarray(0, end));
    rest = bytes.subarray(end);
  }
}

type Opened = { readonly source: Source; position: number };

/**
 * Open the files of a job. Files whose encoding is to be found out are read once here, without holding a runner.
 *
 * @param job - Its input, its companions, and how the converter wants them.
 * @param options - `signal`: rejects with its reason.
 * @throws what the system says about a file that is there and cannot be read.
 */
export async function openInputs(
  { input, companions, converter }: Pick<ConversionJob, 'input' | 'companions' | 'converter'>,
  { signal }: { readonly signal: AbortSignal },
): Promise<InputsOpening> {
  await using stack = new AsyncDisposableStack();
  const isExamined = converter.encoding === 'auto' && converter.input !== 'bytes';
  const opened: Opened[] = [];
  const files: FileMessage[] = [];
  for (const [index, { name, body }] of [input, ...companions].entries()) {
    const source = await openSource(body);
    if ('kind' in source) return atFile(source, index);
    opened.push({ source: stack.use(source), position: 0 });
    const examined: Examined = isExamined ? await examine(source, signal) : { kind: 'examined', isUtf8: false };
    if (examined.kind === 'changed') return atFile(examined, index);
    const size = body.kind === 'inline' ? body.bytes.byteLength : body.size;
    files.push({ name, size, isUtf8: examined.isUtf8 });
  }
  const owned = stack.move();
  return {
    kind: 'opened',
    inputs: {
      files,
      read: (index) => readNext(opened, index),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    },
  };
}

function atFile({ reason }: { readonly reason: string }, index: number): Extract<Piece, { kind: 'changed' }> {
  return changed(`Cannot read ${index === 0 ? 'the input' : `companion ${index}`}: ${reason}`);
}

function readNext(opened: readonly Opened[], index: number): Piece | Promise<Piece> {
  const file = opened[index];
  if (file === undefined) throw new RangeError(`Cannot read file ${index} of a job with ${opened.length}`);
  const take = (piece: Piece): Piece => {
    if (piece.kind === 'changed') return atFile(piece, index);
    file.position += piece.bytes.length;
    return piece;
  };
  const piece = file.source.read(file.position);
  return piece instanceof Promise ? piece.then(take) : take(piece);
}
