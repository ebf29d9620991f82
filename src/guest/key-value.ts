// `keyValue` and `ini`: text of the form `name = value`, with or without sections.

import type { TextSource } from './input.ts';
import { lines } from './lines.ts';

/** How the text is written. */
export type KeyValueOptions = {
  /** Between name and value; the first of them on a line counts. Default `=` and `:`. */
  readonly separators?: readonly string[];
  /** Lines that begin so are left out. Default `#` and `;`. */
  readonly comments?: readonly string[];
};

/** One pair; `line` counts from 1. */
export type KeyValue = { readonly key: string; readonly value: string; readonly line: number };

/** One pair of an INI text. */
export type IniEntry = KeyValue & {
  /** The section above it; empty before the first. */
  readonly section: string;
};

const SEPARATORS = ['=', ':'];
const COMMENTS = ['#', ';'];

type Line = { readonly text: string; readonly line: number };

function* meaningfulLines(source: TextSource | string, comments: readonly string[]): Generator<Line, void> {
  let line = 0;
  for (const raw of lines(source)) {
    line += 1;
    const text = raw.trim();
    if (text !== '' && !comments.some((mark) => text.startsWith(mark))) yield { text, line };
  }
}

function splitPair({ text, line }: Line, separators: readonly string[]): KeyValue | null {
  const found = separators
    .map((separator) => ({ separator, at: text.indexOf(separator) }))
    .filter(({ at }) => at > 0)
    .sort((one, other) => one.at - other.at)[0];
  if (found === undefined) return null;
  const key = text.slice(0, found.at).trim();
  return { key, value: text.slice(found.at + found.separator.length).trim(), line };
}

/**
 * Pairs of a text, one a line, in their order; lines without a separator are left out.
 *
 * @param source - The input (manifest `input`: `lines` or `text`), or a text.
 * @param options - See {@link KeyValueOptions}.
 * @throws {BadInput} while reading, for a line over 1 MiB.
 */
export function* keyValue(source: TextSource | string, options: KeyValueOptions = {}): Generator<KeyValue, void> {
  const { separators = SEPARATORS, comments = COMMENTS } = options;
  for (const line of meaningfulLines(source, comments)) {
    const pair = splitPair(line, separators);
    if (pair !== null) yield pair;
  }
}

/**
 * Pairs of a text with `[sections]`, in their order.
 *
 * @param source - The input (manifest `input`: `lines` or `text`), or a text.
 * @param options - See {@link KeyValueOptions}; the default separator is `=` alone.
 * @throws {BadInput} while reading, for a line over 1 MiB.
 */
export function* ini(source: TextSource | string, options: KeyValueOptions = {}): Generator<IniEntry, void> {
  const { separators = ['='], comments = COMMENTS } = options;
  let section = '';
  for (const line of meaningfulLines(source, comments)) {
    if (line.text.startsWith('[') && line.text.endsWith(']')) {
      section = line.text.slice(1, -1).trim();
      continue;
    }
    const pair = splitPair(line, separators);
    if (pair !== null) yield { ...pair, section };
  }
}
