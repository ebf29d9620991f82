// The files that a command line names: patterns expanded, sizes checked, bytes read.

import { constants, globSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { AirlockError, isSystemError } from '../../core/errors.ts';

/** A file as the user named it, and the name it is submitted under. */
export type NamedFile = { readonly file: string; readonly name: string; readonly read: () => Promise<Uint8Array> };

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

function failureOf(file: string, error: unknown): AirlockError {
  const code = Object.keys(REASONS).find((name) => isSystemError(error, name)) ?? '';
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new AirlockError('file_unreadable', `Cannot read ${file}: ${reason}`, { cause: error });
}

function tooLarge(what: string, has: string, limit: number): AirlockError {
  const message = `Cannot submit ${what}: it has ${has} bytes, at most ${limit} are taken`;
  return new AirlockError('too_large', message, { data: { limit } });
}

type ReadOptions = { readonly what: string; readonly limit: number };

async function readStream(stream: AsyncIterable<Uint8Array>, { what, limit }: ReadOptions): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.byteLength;
    if (size > limit) throw tooLarge(what, `more than ${limit}`, limit);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function readAtMost(file: string, limit: number): Promise<Uint8Array> {
  try {
    // Without the flag, a FIFO that nobody writes to would hold the command in the system, deaf to an interrupt.
    await using handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await handle.stat();
    if (stats.isFIFO()) throw new Error('it is a pipe; write "… | airlock submit -" instead');
    if (stats.isFile() && stats.size > limit) throw tooLarge(file, String(stats.size), limit);
    // Counted while it is read, too: a device or a file that grows says nothing about what will come.
    return await readStream(handle.createReadStream({ autoClose: false }), { what: file, limit });
  } catch (error) {
    throw error instanceof AirlockError ? error : failureOf(file, error);
  }
}

/**
 * Expand what the user wrote into files. `-` is standard input; a name with `*` that is no file is a pattern (`cmd.exe` leaves that
 * to the program).
 *
 * @param written - File arguments.
 * @param options - `limit` in bytes per file; `stdin`; `name` replaces the name that is submitted.
 * @throws {AirlockError} file_unreadable for a pattern that matches nothing; reading throws file_unreadable or too_large.
 */
export function expandFiles(
  written: readonly string[],
  options: { readonly limit: number; readonly stdin: AsyncIterable<Uint8Array>; readonly name: string | null },
): readonly NamedFile[] {
  const { limit, stdin, name } = options;
  return written.flatMap((text) => {
    if (text === '-')
      return [{ file: '-', name: name ?? 'stdin', read: () => readStream(stdin, { what: 'standard input', limit }) }];
    const matches = text.includes('*') ? globSync(text).toSorted() : [text];
    if (matches.length === 0) throw new AirlockError('file_unreadable', `Cannot read ${text}: no file matches`);
    return matches.map((file) => ({ file, name: name ?? path.basename(file), read: () => readAtMost(file, limit) }));
  });
}
