// The JSON of Python: with its names for numbers that are none, and with integers of any length.

import { BadInput, isExactNumber } from 'airlock/converter';

/** An integer that a number would change. */
export class LongInteger {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  toJSON(): string {
    return this.digits;
  }
}

/** Integers of more digits than a number holds for sure. */
const LONG_INTEGER = /[\s:[,]-?\d{16}/;
const NOT_FINITE = /-?\bInfinity\b|\bNaN\b/g;

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return /^-?\d+$/.test(context.source) && !isExactNumber(context.source) ? new LongInteger(context.source) : value;
}

function parse(text: string): unknown {
  return LONG_INTEGER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/** Index of the quote that ends the string begun at `start`; the text's length without one. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/** Lists and objects inside each other; more than any report has, and few enough for everything that walks them. */
const DEEPEST = 500;

/** The objects and lists in these, one level down. An index and no iterator: this visits the whole file, without a compiler. */
function inside(level: readonly object[]): readonly object[] {
  const below: object[] = [];
  for (let index = 0; index < level.length; index += 1) {
    const values: readonly unknown[] = Object.values(level[index] ?? {});
    for (let place = 0; place < values.length; place += 1) {
      const value = values[place];
      if (typeof value === 'object' && value !== null) below.push(value);
    }
  }
  return below;
}

/** Has parsed JSON more lists and objects inside each other than any file of this kind, or than may be kept? */
export function isTooDeep(value: unknown, deepest = DEEPEST): boolean {
  let level = inside([[value]]);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = inside(level);
  }
  return false;
}

/** `NaN` and `Infinity` as strings, wherever they stand outside of strings. */
function quoteNotFinite(text: string): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    parts.push(text.slice(at, end).replace(NOT_FINITE, '"$&"'));
    if (quote < 0) break;
    at = endOfString(text, quote) + 1;
    parts.push(text.slice(quote, at));
  }
  return parts.join('');
}

function placeOf(error: unknown): { readonly line?: number; readonly column?: number } {
  const position = /line (\d{1,9}) column (\d{1,9})/.exec(error instanceof Error ? error.message : '');
  return position === null ? {} : { line: Number(position[1]), column: Number(position[2]) };
}

/**
 * Parse JSON as Python writes it.
 *
 * @param text - The whole file.
 * @throws {BadInput} for anything else, with its place, and for more than 500 lists and objects inside each other.
 */
export function parseJson(text: string): unknown {
  const value = parsePython(text);
  if (isTooDeep(value)) throw new BadInput(`the file has more than ${DEEPEST} lists and objects inside each other`);
  return value;
}

function parsePython(text: string): unknown {
  try {
    return parse(text);
  } catch (first) {
    const quoted = /\bNaN\b|\bInfinity\b/.test(text) ? quoteNotFinite(text) : text;
    if (quoted === text) throw new BadInput('the file is no JSON', placeOf(first));
    try {
      return parse(quoted);
    } catch (error) {
      throw new BadInput('the file is no JSON', placeOf(error));
    }
  }
}
