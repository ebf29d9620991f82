// UTF-8 without TextEncoder, which a bare realm does not have.

const REPLACEMENT = 0xfffd;

function widthOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

function codePointAt(text: string, index: number): number {
  const codePoint = text.codePointAt(index) ?? REPLACEMENT;
  return codePoint >= 0xd800 && codePoint <= 0xdfff ? REPLACEMENT : codePoint;
}

/**
 * May this text be longer than a number of UTF-8 bytes? Exact, but cheap for short texts.
 *
 * @param text - Any text; half characters count as U+FFFD.
 * @param bytes - The limit.
 */
export function isLongerThan(text: string, bytes: number): boolean {
  if (text.length * 3 <= bytes) return false;
  if (text.length > bytes) return true;
  let length = 0;
  for (let index = 0; index < text.length && length <= bytes; ) {
    const codePoint = codePointAt(text, index);
    length += widthOf(codePoint);
    index += codePoint > 0xffff ? 2 : 1;
  }
  return length > bytes;
}

function encodeOne(codePoint: number): string {
  const tail = (shift: number): number => 0x80 | ((codePoint >> shift) & 0x3f);
  switch (widthOf(codePoint)) {
    case 1:
      return String.fromCharCode(codePoint);
    case 2:
      return String.fromCharCode(0xc0 | (codePoint >> 6), tail(0));
    case 3:
      return String.fromCharCode(0xe0 | (codePoint >> 12), tail(6), tail(0));
    default:
      return String.fromCharCode(0xf0 | (codePoint >> 18), tail(12), tail(6), tail(0));
  }
}

/** UTF-16 units encoded at once: what is put together character by character costs 32 bytes for each until it is whole. */
const PIECE = 8_192;
const ASCII = /^[\0-\x7f]*$/;

function encodePiece(text: string): string {
  if (ASCII.test(text)) return text;
  let encoded = '';
  for (let index = 0; index < text.length; ) {
    const codePoint = codePointAt(text, index);
    encoded += encodeOne(codePoint);
    index += codePoint > 0xffff ? 2 : 1;
  }
  return encoded;
}

/**
 * A text's UTF-8 bytes as a text of one character (0 … 0xFF) per byte: the form in which bytes cross to the host.
 *
 * @param text - Any text; half characters become U+FFFD.
 */
export function encodeUtf8(text: string): string {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = start + PIECE;
    const last = text.charCodeAt(end - 1);
    const isHalf = end < text.length && last >= 0xd800 && last <= 0xdbff;
    pieces.push(encodePiece(text.slice(start, isHalf ? end - 1 : end)));
    start = isHalf ? end - 1 : end;
  }
  return pieces.join('');
}
