// What the commands share about the files that a command line names: patterns expanded, and why one cannot be read.

import { existsSync, globSync } from 'node:fs';
import { AirlockError, isSystemError } from '../core/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

/**
 * The failure of a file that cannot be read.
 *
 * @param file - As the user named it.
 * @param reason - Why, without a full stop.
 */
export function unreadable(file: string, reason: string, cause?: unknown): AirlockError {
  return new AirlockError('file_unreadable', `Cannot read ${file}: ${reason}`, { cause });
}

/**
 * Anything that was thrown while a file was read, as a failure of that file; an AirlockError stays what it is.
 *
 * @param file - As the user named it.
 * @param error - Anything caught.
 */
export function toReadFailure(file: string, error: unknown): AirlockError {
  if (error instanceof AirlockError) return error;
  const code = Object.keys(REASONS).find((name) => isSystemError(error, name)) ?? '';
  return unreadable(file, REASONS[code] ?? (error instanceof Error ? error.message : String(error)), error);
}

/**
 * Expand what the user wrote: `-` is standard input; a name with `*` that nothing bears is a pattern, where the shell left it
 * alone (`cmd.exe` always does).
 *
 * @param written - File arguments.
 * @throws {AirlockError} file_unreadable for a pattern that matches nothing.
 */
export function expandNames(written: readonly string[]): readonly string[] {
  return written.flatMap((text) => {
    if (!text.includes('*') || existsSync(text)) return [text];
    const matches = globSync(text).toSorted();
    if (matches.length === 0) throw unreadable(text, 'no file matches');
    return matches;
  });
}
