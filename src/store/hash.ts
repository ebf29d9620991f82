// The hash by which the store knows bytes.

import { createHash } from 'node:crypto';

/**
 * SHA-256 as lower-case hex.
 *
 * @param bytes - Text counts as UTF-8.
 */
export function hash(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
