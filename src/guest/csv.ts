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

/** Cells by name of the column; a row that is too short has fewer. Null prototype: every key is a column. */
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

type Newline = '\r\n' | '\n' | '\r';

function findNewline(text: string): Newline {
  if (text.includes('\r\n')) return '\r\n';
  return text.includes('\n') || !text.includes('\r') ? '\n' : '\r';
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
      yield { line, cells };
      line += 1 + countIn(cells, newline);
    }
    if (isOpen) throw new BadInput('a quoted cell is never closed', { line });
  };
  for (const piece of source.chunks()) {
    if (typeof piece !== 'string')
      throw new Error('Cannot read CSV from bytes: converter.json must say "input": "lines" or "text"');
    newline ??= findNewline(piece);
    rest += piece;
    yield* take(newline, false);
    if (rest.length > LONGEST_LINE) throw new BadInput(`a row is longer than ${LONGEST_LINE} characters`, { line });
  }
  if (rest !== '') yield* take(newline ?? '\n', true);
}

function toRow(columns: readonly string[], cells: readonly string[]): CsvRow {
  const row: Record<string, string | undefined> = Object.create(null);
  for (const [index, name] of columns.entries()) row[name] = cells[index];
  return row;
}

function* readRows(source: TextSource, options: CsvOptions, state: State): Generator<CsvRow, void> {
  for (const { line, cells } of readCells(source, options)) {
    if (cells.every((cell) => cell.trim() === '')) continue;
    state.line = line;
    if (state.columns.length > 0) yield toRow(state.columns, cells);
    else state.columns = cells.map((cell) => cell.trim());
  }
}

/**
 * Rows of a delimited text.
 *
 * @param source - The input (manifest `input`: `lines` or `text`).
 * @param options - See {@link CsvOptions}.
 * @throws {BadInput} while reading, for a row over 1 MiB or a quoted cell that is never closed.
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
