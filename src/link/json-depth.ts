// How deep a JSON text is nested, read from its bytes before any parser sees it. Source: protocol.md 2.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{` differ in this bit alone, and so do `]` and `}`. */
const BRACKET_BIT = 0x20;
const OPENER = 0x7b;
const CLOSER = 0x7d;
const OPENERS = [OPENER, OPENER & ~BRACKET_BIT];

/** Index of the quote that ends the string begun before `from`, or the length of the body. */
function findStringEnd(body: Buffer, from: number): number {
  let index = from;
  while (index < body.length && body[index] !== QUOTE) index += body[index] === BACKSLASH ? 2 : 1;
  return index;
}

/** Are there at most `limit` brackets that open, in strings or not? Looks at no more than one over that. */
function hasFewOpeners(body: Buffer, limit: number): boolean {
  let count = 0;
  for (const opener of OPENERS) {
    for (let at = body.indexOf(opener); at !== -1; at = body.indexOf(opener, at + 1)) {
      count += 1;
      if (count > limit) return false;
    }
  }
  return true;
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
  // Most bodies are one long text in a few objects: the system finds their brackets far faster than this loop does.
  if (hasFewOpeners(body, maxDepth)) return false;
  let depth = 0;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index] ?? 0;
    const bracket = byte | BRACKET_BIT;
    if (byte === QUOTE) index = findStringEnd(body, index + 1);
    else if (bracket === OPENER) depth += 1;
    else if (bracket === CLOSER) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}
