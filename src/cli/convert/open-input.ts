// The files that `convert` and `converter probe` read: regular files where they lie, everything else in memory.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Body, Companion } from '../../core/body.ts';
import { AirlockError } from '../../core/errors.ts';
import { toReadFailure, unreadable } from '../named-files.ts';

/** A file, ready to be converted. `sha256` is lower-case hex. */
export type OpenInput = { readonly name: string; readonly body: Body; readonly sha256: string };

async function readStdin(stdin: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stdin) {
    size += piece.byteLength;
    if (size > limitBytes) {
      const message = `Cannot convert standard input: it has more than ${limitBytes} bytes, which is the most that is taken`;
      throw new AirlockError('too_large', message, { data: { limit: limitBytes } });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { signal })) hash.update(piece);
  return hash.digest('hex');
}

async function statRegular(file: string): Promise<number> {
  const stats = await stat(file);
  if (stats.isDirectory()) throw unreadable(file, 'it is a folder');
  if (!stats.isFile()) throw unreadable(file, 'it is no regular file; write "… | airlock convert -" instead');
  return stats.size;
}

/** What {@link openInput} may read. */
export type InputOptions = {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Of standard input; a file over it is refused when it is converted. */
  readonly limitBytes: number;
  /** Replaces the name of the file. */
  readonly name: string | null;
  readonly signal: AbortSignal;
};

/**
 * Open one file.
 *
 * @param file - Path, or `-`.
 * @param options - See {@link InputOptions}.
 * @throws {AirlockError} file_unreadable; too_large for standard input.
 */
export async function openInput(file: string, { stdin, limitBytes, name, signal }: InputOptions): Promise<OpenInput> {
  try {
    if (file === '-') {
      const bytes = await readStdin(stdin, limitBytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { name: name ?? 'stdin', body: { kind: 'inline', bytes }, sha256 };
    }
    const size = await statRegular(file);
    // Order: the size is refused before the bytes are read.
    const sha256 = size > limitBytes ? '0'.repeat(64) : await hashFile(file, signal);
    return { name: name ?? path.basename(file), body: { kind: 'file', path: path.resolve(file), size }, sha256 };
  } catch (error) {
    signal.throwIfAborted();
    throw toReadFailure(file, error);
  }
}

/**
 * Open a file that belongs to another one.
 *
 * @param file - Path of a regular file.
 * @throws {AirlockError} file_unreadable.
 */
export async function openCompanion(file: string, { signal }: Pick<InputOptions, 'signal'>): Promise<Companion> {
  try {
    const size = await statRegular(file);
    return {
      name: path.basename(file),
      body: { kind: 'file', path: path.resolve(file), size },
      sha256: await hashFile(file, signal),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw toReadFailure(file, error);
  }
}

async function readFirst(handle: FileHandle, bytes: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
  return buffer.subarray(0, bytesRead);
}

/**
 * The beginning of a regular file, and its size.
 *
 * @param file - Path.
 * @param bytes - How much at most.
 * @throws {AirlockError} file_unreadable.
 */
export async function readBeginning(file: string, bytes: number): Promise<{ head: Uint8Array; size: number }> {
  try {
    const size = await statRegular(file);
    await using handle = await open(file, 'r');
    return { head: await readFirst(handle, Math.min(bytes, size)), size };
  } catch (error) {
    throw toReadFailure(file, error);
  }
}
