// Cursors of lists: opaque to callers, a row number inside.

import { AirlockError } from '../core/errors.ts';

const PREFIX = 'before:';

/**
 * Cursor for the page behind this row.
 *
 * @param seq - Number of the last row of a page.
 */
export function toCursor(seq: number): string {
  return Buffer.from(`${PREFIX}${seq}`).toString('base64url');
}

/**
 * Read a cursor back.
 *
 * @param cursor - As given by a caller; null = from the newest.
 * @returns Rows below this number are wanted.
 * @throws {AirlockError} invalid_params when it is none of ours.
 */
export function parseCursor(cursor: string | null): number {
  if (cursor === null) return Number.MAX_SAFE_INTEGER;
  const text = Buffer.from(cursor, 'base64url').toString();
  const seq = text.startsWith(PREFIX) ? Number(text.slice(PREFIX.length)) : Number.NaN;
  if (Number.isSafeInteger(seq) && seq > 0) return seq;
  throw new AirlockError('invalid_params', 'Cannot read list: the cursor is none of this store');
}
