// How deep a JSON text is nested, read from its bytes before any parser sees it. Source: protocol.md 2.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = [0x5b, 0x7b];
const CLOSERS = [0x5d, 0x7d];

/** Index of the quote that ends the string begun before `from`, or the length of the body. */
function findStringEnd(body: Buffer, from: number): number {
  let index = from;
  while (index < body.length) {
    const quote = body.indexOf(QUOTE, index);
    if (quote === -1) return body.length;
    let escapes = 0;
    while (quote - 1 - escapes >= from && body[quote - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return quote;
    index = quote + 1;
  }
  return body.length;
}

/**
 * Is this JSON nested deeper than `maxDepth`? The outermost object is depth 1; brackets inside strings do not count.
 *
 * The text may be no JSON at all: it is only counted, in one pass, and the scan ends at the first bracket that is too deep.
 *
 * @param body - UTF-8 bytes.
 * @param maxDepth - ≥ 1.
 */
export function isDeeperThan(body: Buffer, maxDepth: number): boolean {
  let depth = 0;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index] ?? 0;
    if (byte === QUOTE) index = findStringEnd(body, index + 1);
    else if (OPENERS.includes(byte)) depth += 1;
    else if (CLOSERS.includes(byte)) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}
