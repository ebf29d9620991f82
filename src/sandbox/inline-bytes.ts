// Bytes of a body that is in memory.

import type { Body } from '../core/body.ts';
import { AirlockError } from '../core/errors.ts';

/**
 * Bytes of an inline body.
 *
 * @param body - Inline.
 * @throws {AirlockError} unavailable for a file.
 */
export function inlineBytes(body: Body): Uint8Array {
  if (body.kind === 'inline') return body.bytes;
  throw new AirlockError('unavailable', 'Cannot read the input: it is a file');
}
