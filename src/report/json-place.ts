// Where a text stops being JSON: the engine says it only in words, and not always.

type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'nothing';
type Token = { readonly kind: string; readonly start: number; readonly end: number };

const BLANKS = /[ \t\r\n]*/y;
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/**
 * The end of a string.
 *
 * @param text - JSON text.
 * @param start - Index after the opening quote.
 * @returns Index after the closing quote; beyond the text when there is none.
 */
export function skipString(text: string, start: number): number {
  let index = start;
  while (index < text.length) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) return index + 1;
    index += unit === BACKSLASH ? 2 : 1;
  }
  return text.length + 1;
}

function nextToken(text: string, from: number): Token {
  BLANKS.lastIndex = from;
  const start = from + (BLANKS.exec(text)?.[0].length ?? 0);
  const first = text.charAt(start);
  if (first === '"') return { kind: 'string', start, end: skipString(text, start + 1) };
  if ('{}[],:'.includes(first) && first !== '') return { kind: first, start, end: start + 1 };
  WORD.lastIndex = start;
  const word = WORD.exec(text)?.[0] ?? '';
  return { kind: word === '' ? 'unknown' : 'word', start, end: start + word.length };
}

/** Which tokens may come, and what is expected after each; brackets are followed by {@link step}. */
const AFTER: Readonly<Record<Expected, Readonly<Record<string, Expected>>>> = {
  value: { string: 'commaOrEnd', word: 'commaOrEnd', '{': 'keyOrEnd', '[': 'valueOrEnd' },
  valueOrEnd: { string: 'commaOrEnd', word: 'commaOrEnd', '{': 'keyOrEnd', '[': 'valueOrEnd', ']': 'commaOrEnd' },
  key: { string: 'colon' },
  keyOrEnd: { string: 'colon', '}': 'commaOrEnd' },
  colon: { ':': 'value' },
  commaOrEnd: { ',': 'value', '}': 'commaOrEnd', ']': 'commaOrEnd' },
  nothing: {},
};

function step(open: string[], expected: Expected, { kind }: Token): Expected | null {
  const next = AFTER[expected][kind];
  if (next === undefined) return null;
  if (kind === ',') return open.at(-1) === '{' ? 'key' : 'value';
  if (kind === '{' || kind === '[') open.push(kind);
  if ((kind === '}' || kind === ']') && open.pop() !== (kind === '}' ? '{' : '[')) return null;
  return next === 'commaOrEnd' && open.length === 0 ? 'nothing' : next;
}

/**
 * Find the first thing in a text that cannot stand in JSON.
 *
 * @param text - A text that is no JSON.
 * @returns Its index (the text's length when the text ends too early), or null when the fault is inside a string.
 */
export function findJsonFault(text: string): number | null {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (let at = 0; ; ) {
    const token = nextToken(text, at);
    if (token.start >= text.length) return expected === 'nothing' ? null : text.length;
    const next = step(open, expected, token);
    if (next === null) return token.start;
    if (token.end > text.length) return text.length;
    expected = next;
    at = token.end;
  }
}
