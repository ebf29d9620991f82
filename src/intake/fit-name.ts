// Names made of a file's own name: cut where they would be longer than a file system takes.

import { extname } from 'node:path';

/** Bytes of one name. Source: NAME_MAX of Linux and macOS; NTFS counts 255 units of UTF-16, which are never more than these. */
export const MAX_NAME_BYTES = 255;

// A longer one is no extension but a part of the name, so that there is always something to cut.
const MAX_EXTENSION_BYTES = 32;

/** A name in two: what may be cut, and what stays at its end. */
export type NameParts = { readonly stem: string; readonly extension: string };

/** Split a name at its extension (`''` = it has none, or none that could stay). */
export function splitName(name: string): NameParts {
  const extension = extname(name);
  if (Buffer.byteLength(extension) > MAX_EXTENSION_BYTES) return { stem: name, extension: '' };
  return { stem: name.slice(0, name.length - extension.length), extension };
}

/**
 * Stem, addition and extension as one name; the stem loses as many characters at its end as it takes.
 *
 * @param parts - Of the file's own name.
 * @param options - `addition`: stands before the extension; `besideBytes`: how much longer the name beside it is.
 */
export function fitName(
  { stem, extension }: NameParts,
  { addition = '', besideBytes = 0 }: { readonly addition?: string; readonly besideBytes?: number } = {},
): string {
  const end = `${addition}${extension}`;
  const room = new Uint8Array(Math.max(0, MAX_NAME_BYTES - besideBytes - Buffer.byteLength(end)));
  // It writes whole characters only, and says how much of the text they are.
  const { read } = new TextEncoder().encodeInto(stem, room);
  return `${stem.slice(0, read)}${end}`;
}
