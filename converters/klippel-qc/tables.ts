// The files of the folder: tables with tabs, curves or single values.

import { BadInput, type ConverterInput, parseNumber, type StepAdder, type StepInput } from 'airlock/converter';
import type { Verdict } from './settings.ts';

/** One file of the folder. */
type TableFile = Pick<ConverterInput, 'name' | 'lines'>;

/** How tables are read. */
export type TableOptions = {
  readonly decimal: '.' | ',';
  /** The verdict of a result; it is then told. */
  readonly takeVerdict: (name: string) => Verdict | null;
  readonly warn: (warning: string) => void;
};

/** Task and content of a file, from its name: `Sound Pressure-thd.txt`. */
export type TableName = { readonly task: string; readonly content: string };

type Rows = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** Cells of one file. */
const MOST_CELLS = 90_000;
/** What stands for no value. */
const NOTHING = ['', '-'];

/**
 * Read a file's name.
 *
 * @param name - With or without folders.
 */
export function readTableName(name: string): TableName {
  const base = name.slice(name.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const dash = base.lastIndexOf('-');
  return dash <= 0
    ? { task: base === '' ? 'results' : base, content: base }
    : { task: base.slice(0, dash).trim() || 'results', content: base.slice(dash + 1).trim() };
}

function readRows({ name, lines }: TableFile): Rows {
  const rows: (readonly string[])[] = [];
  let columns: readonly string[] | null = null;
  let cells = 0;
  for (const line of lines()) {
    if (line.trim() === '') continue;
    const row = line.split('\t').map((cell) => cell.trim());
    if (columns === null) columns = row;
    else rows.push(row);
    cells += row.length;
    if (cells > MOST_CELLS) throw new BadInput(`in "${name.slice(-100)}": there are more than ${MOST_CELLS} cells`);
  }
  return { columns: columns ?? [], rows };
}

/** A number as text, with a decimal point. */
function readCell(
  cell: string | undefined,
  { file, row, decimal }: { file: string; row: number; decimal: '.' | ',' },
): string | null {
  if (cell === undefined || NOTHING.includes(cell)) return null;
  if (/^nan$/i.test(cell)) return 'NaN';
  if (parseNumber(cell, { decimal }) !== null) return decimal === ',' ? cell.replace(',', '.') : cell;
  throw new BadInput(`in "${file.slice(-100)}": "${cell.slice(0, 50)}" is no number`, { line: row });
}

function toVerdict(verdict: Verdict | null): Pick<StepInput, 'outcome' | 'nativeOutcome'> {
  return verdict === null ? {} : { outcome: verdict.outcome, nativeOutcome: verdict.word };
}

function toValueStep(
  cells: readonly string[],
  columns: readonly string[],
  options: TableOptions & { at: { file: string; row: number } },
): StepInput {
  const cell = (name: string): string | null => {
    const index = columns.indexOf(name);
    return index < 0 ? null : readCell(cells[index], { ...options.at, decimal: options.decimal });
  };
  const name = cells[0] === undefined || cells[0] === '' ? 'value' : cells[0].slice(0, 8_192);
  const limit = (text: string | null): string | null => (text === 'NaN' ? null : text);
  const low = limit(cell('min'));
  const high = limit(cell('max'));
  const verdict = toVerdict(options.takeVerdict(name));
  return { name, nativeType: 'value', kind: 'numeric', value: cell('value'), low, high, ...verdict };
}

function addValues(adder: StepAdder, { columns, rows }: Rows, options: TableOptions & { file: string }): void {
  for (const [index, cells] of rows.entries()) {
    adder.step(toValueStep(cells, columns, { ...options, at: { file: options.file, row: index + 2 } }));
  }
}

function toCurve(index: number, { rows }: Rows, options: TableOptions & { file: string }): (number | null)[] {
  return rows.map((cells, row) => {
    const text = readCell(cells[index], { file: options.file, row: row + 2, decimal: options.decimal });
    return text === null ? null : parseNumber(text);
  });
}

function addCurves(adder: StepAdder, table: Rows, options: TableOptions & { file: string }): void {
  const [x = '', first = 'curve', ...others] = table.columns;
  const values = toCurve(0, table, options);
  const curves = [first, ...others].map((name, index) => ({ name, values: toCurve(index + 1, table, options) }));
  adder.step({
    name: first === '' ? 'curve' : first,
    nativeType: 'curve',
    kind: 'other',
    ...toVerdict(options.takeVerdict(first)),
    series: { x: { name: x, unit: x === 'frq' ? 'Hz' : null, values }, y: curves },
  });
}

/**
 * Report one file of the folder.
 *
 * @param adder - The task's sequence.
 * @param file - The file.
 * @param options - How.
 * @throws {BadInput} for a cell that is no number, with file and line.
 */
export function addTable(adder: StepAdder, file: TableFile, options: TableOptions): void {
  const table = readRows(file);
  const [first] = table.columns;
  const given = { ...options, file: file.name };
  if (first === undefined || table.rows.length === 0) options.warn(`"${file.name.slice(-100)}" has no values`);
  else if (first === 'name') addValues(adder, table, given);
  else if (table.columns.length > 1) addCurves(adder, table, given);
  else throw new BadInput(`"${file.name.slice(-100)}" is neither a table of values nor a curve`, { line: 1 });
}
