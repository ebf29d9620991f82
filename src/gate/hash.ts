// The hash that a person approves: over the manifest and every reachable module.

import { createHash } from 'node:crypto';

/**
 * SHA-256 over files as they lie on disk, in order of path (UTF-16 units), each with its path and length before it.
 *
 * The lengths keep two different sets of files from running together into the same bytes.
 *
 * @param files - Bytes by relative path with `/`; manifest included, README and fixtures not.
 * @returns 64 lower-case hexadecimal digits.
 * Source: sandbox.md 7.
 */
export function hashConverter(files: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash('sha256');
  for (const path of [...files.keys()].sort()) {
    const bytes = files.get(path) ?? new Uint8Array();
    hash.update(`${Buffer.byteLength(path)}:${path}:${bytes.length}:`);
    hash.update(bytes);
  }
  return hash.digest('hex');
}
