// Columns by their names, whatever case, blanks and punctuation they are written with.

import { BadInput, type CsvRow } from 'airlock/converter';

/** What a row can hold. */
export type Column =
  | 'partNumber'
  | 'serialNumber'
  | 'revision'
  | 'process'
  | 'startedAt'
  | 'station'
  | 'operator'
  | 'group'
  | 'step'
  | 'value'
  | 'low'
  | 'high'
  | 'unit'
  | 'status'
  | 'comment';

/** Names of each column, in lower case, letters and digits only. */
const NAMES: Readonly<Record<Column, readonly string[]>> = {
  partNumber: ['partnumber', 'pn', 'part', 'partno'],
  serialNumber: ['serialnumber', 'sn', 'serial', 'serialno'],
  revision: ['revision', 'rev', 'partrevision'],
  process: ['processcode', 'process', 'operation', 'operationcode'],
  startedAt: ['startedat', 'start', 'starttime', 'datetime', 'timestamp'],
  station: ['station', 'stationname', 'machine', 'machinename'],
  operator: ['operator', 'user'],
  group: ['group', 'sequence', 'block'],
  step: ['step', 'stepname', 'name', 'test', 'testname', 'measurement'],
  value: ['value', 'measured', 'measuredvalue', 'result'],
  low: ['low', 'lowlimit', 'lowerlimit', 'min', 'lsl'],
  high: ['high', 'highlimit', 'upperlimit', 'max', 'usl'],
  unit: ['unit', 'units'],
  status: ['status', 'outcome', 'verdict', 'passfail'],
  comment: ['comment', 'remark', 'text'],
};

/** UTF-16 units that a cell may have in columns that hold names, words and identities. */
const LONGEST_SHORT = 8_192;
const LONG: readonly Column[] = ['value', 'comment'];

/** Reads the cell of a column; null where it is blank or missing. */
export type CellReader = (row: CsvRow, column: Column) => string | null;

/** Columns of one file. */
export type Columns = { readonly read: CellReader; readonly has: (column: Column) => boolean };

function normalize(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

const MEANINGS = Object.entries(NAMES) as readonly [Column, readonly string[]][];

/**
 * Refuse a header with two columns that mean the same: which is meant nobody can tell, and a verdict may hang on it.
 *
 * @param header - Names as the file writes them.
 * @throws {BadInput} naming both.
 */
export function assertDistinct(header: readonly string[]): void {
  for (const [column, names] of MEANINGS) {
    const [one, other] = header.filter((name) => names.includes(normalize(name)));
    if (one === undefined || other === undefined) continue;
    throw new BadInput(`the columns "${one.slice(0, 100)}" and "${other.slice(0, 100)}" both mean ${column}`);
  }
}

/**
 * Find the columns of a file.
 *
 * @param header - Names as the file writes them; see {@link assertDistinct}.
 * @param line - Of the row that is read.
 */
export function findColumns(header: readonly string[], line: () => number | null = () => null): Columns {
  const found = new Map<Column, string>();
  for (const [column, names] of MEANINGS) {
    const name = header.find((written) => names.includes(normalize(written)));
    if (name !== undefined) found.set(column, name);
  }
  return {
    has: (column) => found.has(column),
    read: (row, column) => {
      const name = found.get(column);
      const cell = name === undefined ? undefined : row[name]?.trim();
      if (cell === undefined || cell === '') return null;
      if (cell.length <= LONGEST_SHORT || LONG.includes(column)) return cell;
      const told = `the cell in column ${column} has ${cell.length} characters, at most ${LONGEST_SHORT}`;
      throw new BadInput(told, { line: line() });
    },
  };
}
