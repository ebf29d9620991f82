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
  /** Names of the columns; default: the first row that is not empty, in which no name may stand twice. */
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
  return cells.join('\0').split(newline).length - 1;
}

/** Rows of one piece. */
type Batch = {
  readonly rows: string[][];
  /** Only where there are quotes may a row have more than one line. */
  readonly hasQuotes: boolean;
  /** Null where nothing could be read yet: there are no rows then. */
  readonly newline: Newline | null;
  /** A quoted cell is never closed. */
  readonly isOpen: boolean;
  /** UTF-16 units that are no whole row yet. */
  readonly restLength: number;
};

const NO_ROWS: Batch = { rows: [], hasQuotes: false, newline: null, isOpen: false, restLength: 0 };

/** A batch for each piece: a generator that gives row after row would cost more than the row. */
function* readBatches(source: TextSource, options: CsvOptions): Generator<Batch, void> {
  const { delimiter = ',', quote: quoteChar = '"' } = options;
  let rest = '';
  let newline: Newline | null = null;
  const take = (between: Newline, isLast: boolean): Batch => {
    const hasQuotes = rest.includes(quoteChar);
    const parser = new papaparse.Parser({ delimiter, quoteChar, newline: between });
    const { data, meta, errors } = parser.parse(rest, 0, !isLast);
    const isOpen = errors.some((error: { readonly code: string }) => error.code === 'MissingQuotes');
    rest = rest.slice(meta.cursor);
    return { rows: data, hasQuotes, newline: between, isOpen, restLength: rest.length };
  };
  for (const piece of source.chunks()) {
    if (typeof piece !== 'string')
      throw new Error('Cannot read CSV from bytes: converter.json must say "input": "lines" or "text"');
    rest += piece;
    newline ??= findNewline(rest);
    yield newline === null ? { ...NO_ROWS, restLength: rest.length } : take(newline, false);
  }
  if (rest !== '') yield { ...take(newline ?? '\n', true), restLength: 0 };
}

function assertNamed(cells: readonly string[], count: number, line: number): void {
  if (cells.length <= count || cells.slice(count).every((cell) => cell.trim() === '')) return;
  throw new BadInput(`the row has ${cells.length} cells, and there are names for ${count} only`, { line });
}

/** A cell could come from either of two columns of one name, and nobody would see which it was. Blank names name nothing. */
function readNames(cells: readonly string[], line: number): readonly string[] {
  const names = cells.map((cell) => cell.trim());
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) < index);
  if (twice === undefined) return names;
  throw new BadInput(`two columns have the name "${twice.slice(0, 100)}"`, { line });
}

function toRow(columns: readonly string[], cells: readonly string[]): CsvRow {
  const row: Record<string, string | undefined> = Object.create(null);
  for (let index = 0; index < columns.length; index += 1) row[columns[index] ?? ''] = cells[index];
  return row;
}

function* readRows(source: TextSource, options: CsvOptions, state: State): Generator<CsvRow, void> {
  let line = 1;
  for (const { rows, hasQuotes, newline, isOpen, restLength } of readBatches(source, options)) {
    for (let index = 0; index < rows.length; index += 1) {
      const cells = dropReturn(rows[index] ?? []);
      const at = line;
      line += hasQuotes ? 1 + countIn(cells, newline ?? '\n') : 1;
      if (cells.every((cell) => cell.trim() === '')) continue;
      state.line = at;
      if (state.columns.length > 0) {
        assertNamed(cells, state.columns.length, at);
        yield toRow(state.columns, cells);
      } else state.columns = readNames(cells, at);
    }
    if (isOpen) throw new BadInput('a quoted cell is never closed', { line });
    if (restLength > LONGEST_LINE) throw new BadInput(`a row is longer than ${LONGEST_LINE} characters`, { line });
  }
}

/**
 * Rows of a delimited text.
 *
 * @param source - The input (manifest `input`: `lines` or `text`).
 * @param options - See {@link CsvOptions}.
 * @throws {BadInput} while reading, for a row over 1 MiB, a quoted cell that is never closed, a header that names two columns alike, or a row with more cells than columns have names.
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
