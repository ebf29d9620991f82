// One attachment: its description, and its bytes in the form in which they cross to the host.

import { type Check, type Fields, inside, refuse, take, text, type What } from './check.ts';
import { encodeUtf8 } from './utf8.ts';

/** A checked attachment. `bytes`: one character (0 … 0xFF) per byte, in pieces; null when only a path is named. */
export type TakenAttachment = {
  readonly name: string;
  readonly mediaType: string | null;
  readonly description: string | null;
  readonly path: string | null;
  readonly pieces: readonly string[] | null;
};

/** Characters of one piece. */
const PIECE = 65_536;
/** Bytes that become text in one call. */
const AT_ONCE = 8_192;
const { fromCharCode } = String;
const { apply } = Reflect;

const bytes: Check = (value, what, key) =>
  value instanceof Uint8Array ? value : refuse(what, 'expected a Uint8Array', key);

const FIELDS: Fields = {
  name: text(256, 1),
  mediaType: text(100),
  description: text(500),
  text: text(),
  bytes,
  path: text(8_192, 1),
};

function toPieces(whole: Uint8Array): readonly string[] {
  const pieces: string[] = [];
  for (let start = 0; start < whole.length; start += PIECE) {
    let piece = '';
    const end = Math.min(start + PIECE, whole.length);
    for (let at = start; at < end; at += AT_ONCE)
      piece += apply(fromCharCode, null, whole.subarray(at, Math.min(at + AT_ONCE, end)));
    pieces.push(piece);
  }
  return pieces;
}

function splitText(whole: string): readonly string[] {
  const encoded = encodeUtf8(whole);
  const pieces: string[] = [];
  for (let start = 0; start < encoded.length; start += PIECE) pieces.push(encoded.slice(start, start + PIECE));
  return pieces;
}

const textOr = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/**
 * Check an attachment.
 *
 * @param value - What the author gave.
 * @param holder - Names it in messages, with `key` if it lies inside something.
 * @param key - Its place there.
 * @throws {ReportError} unless exactly one of `text`, `bytes` and `path` is given.
 */
export function takeAttachment(value: unknown, holder: What, key?: string | number): TakenAttachment {
  const what = inside(holder, key);
  const taken = take(value, FIELDS, what);
  const given = ['text', 'bytes', 'path'].filter((key) => taken[key] !== undefined);
  if (given.length !== 1) return refuse(what, 'give exactly one of text, bytes and path');
  const written = taken['bytes'] instanceof Uint8Array ? toPieces(taken['bytes']) : null;
  const content = textOr(taken['text']);
  return {
    name: textOr(taken['name']) ?? refuse(what, 'it needs a name'),
    mediaType: textOr(taken['mediaType']) ?? (content === null ? null : 'text/plain'),
    description: textOr(taken['description']),
    path: textOr(taken['path']),
    pieces: content === null ? written : splitText(content),
  };
}
