// The first bytes of a file: read from wherever it lies, and as text in every reading that is cheap to try.

import { open } from 'node:fs/promises';
import { type Body, bodySize } from '../core/body.ts';

/** Bytes of a file that a converter's `probe` is shown. Source: sandbox.md 8. */
const PROBE_HEAD_BYTES = 65_536;
/** Bytes of a file that matching looks at. Source: sandbox.md 8. */
export const HEAD_BYTES = 4_096;

const UTF16_LE = [0xff, 0xfe];
const UTF16_BE = [0xfe, 0xff];

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

function decode(bytes: Uint8Array, label: string): string {
  return new TextDecoder(label).decode(bytes);
}

/**
 * Decode the head of a file. Never fails: what is not text in one reading is in another.
 *
 * @param bytes - The file, or at least its first {@link HEAD_BYTES}.
 * @returns The readings: UTF-16 alone when a byte-order mark says so, else UTF-8 and Latin-1. Without byte-order mark.
 */
export function readHead(bytes: Uint8Array): readonly string[] {
  const head = bytes.subarray(0, HEAD_BYTES);
  if (startsWith(head, UTF16_LE)) return [decode(head, 'utf-16le')];
  if (startsWith(head, UTF16_BE)) return [decode(head, 'utf-16be')];
  return [decode(head, 'utf-8'), decode(head, 'latin1')];
}

/**
 * Read the first {@link PROBE_HEAD_BYTES} of a body; no more of a file is touched.
 *
 * @param body - Either kind.
 * @throws what the operating system says when the file cannot be read.
 */
export async function readBodyHead(body: Body): Promise<Uint8Array> {
  if (body.kind === 'inline') return body.bytes.subarray(0, PROBE_HEAD_BYTES);
  const head = Buffer.alloc(Math.min(bodySize(body), PROBE_HEAD_BYTES));
  await using file = await open(body.path, 'r');
  let filled = 0;
  while (filled < head.length) {
    const { bytesRead } = await file.read(head, filled, head.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return head.subarray(0, filled);
}
