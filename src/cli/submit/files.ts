// The files that a command line names: patterns expanded, sizes checked, bytes read.

import { globSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { AirlockError, isSystemError } from '../../core/errors.ts';

/** A file as the user named it, and the name it is submitted under. */
export type NamedFile = { readonly file: string; readonly name: string; readonly read: () => Promise<Uint8Array> };

function failureOf(file: string, error: unknown): AirlockError {
  const reason = isSystemError(error, 'ENOENT')
    ? 'there is no such file'
    : isSystemError(error, 'EACCES')
      ? 'permission denied'
      : isSystemError(error, 'EISDIR')
        ? 'it is a folder'
        : error instanceof Error
          ? error.message
          : String(error);
  return new AirlockError('file_unreadable', `Cannot read ${file}: ${reason}`, { cause: error });
}

async function readAtMost(file: string, limit: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > limit) {
      throw new AirlockError('too_large', `Cannot submit ${file}: it has ${size} bytes, at most ${limit} are taken`, {
        data: { limit },
      });
    }
    return await readFile(file);
  } catch (error) {
    throw error instanceof AirlockError ? error : failureOf(file, error);
  }
}

async function readStream(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.byteLength;
    if (size > limit) {
      throw new AirlockError(
        'too_large',
        `Cannot submit standard input: over ${limit} bytes, at most ${limit} are taken`,
        { data: { limit } },
      );
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
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
    if (text === '-') return [{ file: '-', name: name ?? 'stdin', read: () => readStream(stdin, limit) }];
    const matches = text.includes('*') ? globSync(text).toSorted() : [text];
    if (matches.length === 0) throw new AirlockError('file_unreadable', `Cannot read ${text}: no file matches`);
    return matches.map((file) => ({ file, name: name ?? path.basename(file), read: () => readAtMost(file, limit) }));
  });
}
