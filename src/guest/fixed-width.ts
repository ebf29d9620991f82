// `fixedWidth`: text whose columns stand at fixed places.

import type { TextSource } from './input.ts';
import { lines } from './lines.ts';

/** Where a column stands: the first character is 0; without `end` it goes to the end of the line. */
export type FixedColumn = { readonly name: string; readonly start: number; readonly end?: number };

/** Cells by name of the column, without blanks around them; null prototype. */
export type FixedRow = {
  /** Line of the input, from 1. */
  readonly line: number;
  readonly cells: Readonly<Record<string, string | undefined>>;
};

/**
 * Rows of a text with columns at fixed places; blank lines are left out, cells beyond the end of a line are empty.
 *
 * @param source - The input (manifest `input`: `lines` or `text`), or a text.
 * @param columns - Places, counted in UTF-16 units.
 * @throws {BadInput} while reading, for a line over 1 MiB.
 */
export function* fixedWidth(source: TextSource | string, columns: readonly FixedColumn[]): Generator<FixedRow, void> {
  let line = 0;
  for (const text of lines(source)) {
    line += 1;
    if (text.trim() === '') continue;
    const cells: Record<string, string | undefined> = Object.create(null);
    for (const { name, start, end } of columns) cells[name] = text.slice(start, end).trim();
    yield { line, cells };
  }
}
