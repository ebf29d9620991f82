// `csv`: rows of delimited text, read forwards in constant memory.

import papaparse from 'papaparse/papaparse.min.js';
import { BadInput } from './errors.ts';
import { LONGEST_LINE, type TextSource } from './input.ts';

/** How the text is written. */
export type CsvOptions = {
  /** Between two cells; default `,`. */
  readonly delimiter?: string;
  /** Around cells that contain the delimiter; default `"`. */
  readonly quote?: string;
  /** Names of the columns; default: the first row that is not empty. */
  readonly columns?: readonly string[];
};

/** Cells by name of the column; a row that is too short has fewer, one that is too long by more than empty cells is refused. Null prototype: every key is a column. */
export type CsvRow = Readonly<Record<string, string | undefined>>;

/** Rows, once, forwards. Empty rows are left out. */
export type CsvRows = Iterable<CsvRow> & {
  /** Line of the input on which the row given last begins; from 1. */
  readonly line: number;
  /** Names of the columns, known as soon as the first row was asked for. */
  readonly columns: readonly string[];
};

type State = { line: number; columns: readonly string[] };
type Cells = { readonly line: number; readonly cells: readonly string[] };

type Newline = '\n' | '\r';

/** Programs mix line ends within one file, so a line feed ends a row whatever stands before it; null = nothing tells yet. */
function findNewline(text: string): Newline | null {
  if (text.includes('\n')) return '\n';
  // At the very end it may be the first half of a pair.
  const place = text.indexOf('\r');
  return place === -1 || place === text.length - 1 ? null : '\r';
}

/** Take away the first half of a line end of two characters. */
function dropReturn(cells: string[]): readonly string[] {
  const last = cells.at(-1);
  if (last?.endsWith('\r')) cells[cells.length - 1] = last.slice(0, -1);
  return cells;
}

function countIn(cells: readonly string[], newline: Newline): number {
  return cells.reduce((sum, cell) => sum + cell.split(newline).length - 1, 0);
}

function* readCells(source: TextSource, options: CsvOptions): Generator<Cells, void> {
  let rest = '';
  let line = 1;
  let newline: Newline | null = null;
  const take = function* (newline: Newline, isLast: boolean): Generator<Cells, void> {
    const parser = new papaparse.Parser({
      delimiter: options.delimiter ?? ',',
      quoteChar: options.quote ?? '"',
      newline,
    });
    const { data, meta, errors } = parser.parse(rest, 0, !isLast);
    const isOpen = errors.some((error: { readonly code: string }) => error.code === 'MissingQuotes');
    rest = rest.slice(meta.cursor);
    for (const cells of data) {
      yield { line, cells: dropReturn(cells) };
      line += 1 + countIn(cells, newline);
    }
    if (isOpen) throw new BadInput('a quoted cell is never closed', { line });
  };
  for (const piece of source.chunks()) {
    if (typeof piece !== 'string')
      throw new Error('Cannot read CSV from bytes: converter.json must say "input": "lines" or "text"');
    rest += piece;
    newline ??= findNewline(rest);
    if (newline !== null) yield* take(newline, false);
    if (rest.length > LONGEST_LINE) throw new BadInput(`a row is longer than ${LONGEST_LINE} characters`, { line });
  }
  if (rest !== '') yield* take(newline ?? '\n', true);
}

function toRow(columns: readonly string[], { cells, line }: Cells): CsvRow {
  if (cells.slice(columns.length).some((cell) => cell.trim() !== ''))
    throw new BadInput(`the row has ${cells.length} cells, and there are names for ${columns.length} only`, { line });
  const row: Record<string, string | undefined> = Object.create(null);
  for (const [index, name] of columns.entries()) row[name] = cells[index];
  return row;
}

function* readRows(source: TextSource, options: CsvOptions, state: State): Generator<CsvRow, void> {
  for (const row of readCells(source, options)) {
    if (row.cells.every((cell) => cell.trim() === '')) continue;
    state.line = row.line;
    if (state.columns.length > 0) yield toRow(state.columns, row);
    else state.columns = row.cells.map((cell) => cell.trim());
  }
}

/**
 * Rows of a delimited text.
 *
 * @param source - The input (manifest `input`: `lines` or `text`).
 * @param options - See {@link CsvOptions}.
 * @throws {BadInput} while reading, for a row over 1 MiB, a quoted cell that is never closed, or a row with more cells than columns have names.
 */
export function csv(source: TextSource, options: CsvOptions = {}): CsvRows {
  const state: State = { line: 0, columns: options.columns ?? [] };
  const rows = readRows(source, options, state);
  return {
    get line() {
      return state.line;
    },
    get columns() {
      return state.columns;
    },
    [Symbol.iterator]: () => rows,
  };
}
