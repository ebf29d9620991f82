// Semicolon-separated measurements to reports: a row is a measurement, rows of one unit and run are a report.

import {
  BadInput,
  type CsvRow,
  type CsvRows,
  csv,
  defineConverter,
  parseDate,
  parseNumber,
  type ReportBuilder,
  type Reports,
  type SequenceBuilder,
  SkipFile,
  type StepAdder,
  type StepInput,
} from 'airlock/converter';
import { assertDistinct, type CellReader, findColumns } from './columns.ts';

type Outcome = 'passed' | 'failed' | 'error' | 'terminated' | 'done' | 'skipped';
type Arguments = Readonly<Record<string, unknown>>;

/** What rows are read with. `line` is that of the row at hand. */
type Reading = {
  readonly read: CellReader;
  readonly arguments: Arguments;
  readonly decimal: '.' | ',';
  readonly line: () => number;
};

/** The report that rows go to at present. */
type Open = {
  readonly key: string;
  readonly report: ReportBuilder;
  group: { readonly name: string; readonly sequence: SequenceBuilder } | null;
};

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  passed: 'passed',
  pass: 'passed',
  p: 'passed',
  ok: 'passed',
  failed: 'failed',
  fail: 'failed',
  f: 'failed',
  nok: 'failed',
  ng: 'failed',
  error: 'error',
  terminated: 'terminated',
  aborted: 'terminated',
  done: 'done',
  skipped: 'skipped',
  skip: 'skipped',
};

function bad({ line }: Reading, message: string): never {
  throw new BadInput(message, { line: line() });
}

function textArgument(given: Arguments, name: string): string | null {
  const value = given[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function readLimit(row: CsvRow, column: 'low' | 'high', reading: Reading): number | null {
  const text = reading.read(row, column);
  if (text === null) return null;
  return parseNumber(text, reading) ?? bad(reading, `"${text.slice(0, 50)}" in column ${column} is no number`);
}

function readProcess(row: CsvRow, reading: Reading): number | null {
  const text = reading.read(row, 'process');
  const given = reading.arguments['process'];
  if (text === null) return typeof given === 'number' ? given : null;
  const code = parseNumber(text);
  return Number.isSafeInteger(code) ? code : bad(reading, `"${text.slice(0, 50)}" is no process code`);
}

function readStart(row: CsvRow, reading: Reading): { readonly time: string | null; readonly isZoneAssumed: boolean } {
  const text = reading.read(row, 'startedAt');
  if (text === null) return { time: null, isZoneAssumed: false };
  const format = textArgument(reading.arguments, 'timeFormat') ?? 'iso';
  const time = parseDate(text, format, textArgument(reading.arguments, 'timeZone') ?? 'UTC');
  if (time === null) bad(reading, `"${text.slice(0, 50)}" is no time in the format ${format}`);
  return { time, isZoneAssumed: format !== 'iso' || !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) };
}

function readStatus(row: CsvRow, reading: Reading): Outcome | null {
  const text = reading.read(row, 'status');
  if (text === null) return null;
  const word = text.toLowerCase();
  const outcome = Object.hasOwn(OUTCOMES, word) ? OUTCOMES[word] : undefined;
  return outcome ?? bad(reading, `"${text.slice(0, 50)}" in column status is no outcome`);
}

function startReport(row: CsvRow, reports: Reports, reading: Reading): ReportBuilder {
  const { read, arguments: given } = reading;
  const { time, isZoneAssumed } = readStart(row, reading);
  const report = reports.start({
    partNumber: read(row, 'partNumber') ?? textArgument(given, 'partNumber'),
    serialNumber: read(row, 'serialNumber') ?? textArgument(given, 'serialNumber'),
    revision: read(row, 'revision') ?? textArgument(given, 'revision'),
    process: { code: readProcess(row, reading) },
    station: { name: read(row, 'station') },
    operator: read(row, 'operator'),
    startedAt: time,
  });
  if (time === null) report.warn('startedAt: the file has no time');
  if (isZoneAssumed) report.warn(`zone_assumed: the time is read as ${textArgument(given, 'timeZone') ?? 'UTC'}`);
  return report;
}

/** Rows of one group in a row become a sequence of that name. */
function chooseAdder(row: CsvRow, open: Open, { read }: Reading): StepAdder {
  const name = read(row, 'group');
  if (name !== (open.group?.name ?? null)) {
    open.group = name === null ? null : { name, sequence: open.report.sequence({ name }) };
  }
  return open.group?.sequence ?? open.report;
}

type Value = Pick<StepInput, 'kind' | 'value' | 'low' | 'high' | 'unit'>;

function readValue(row: CsvRow, reading: Reading): Value {
  const low = readLimit(row, 'low', reading);
  const high = readLimit(row, 'high', reading);
  const unit = reading.read(row, 'unit');
  const text = reading.read(row, 'value');
  const isCompared = low !== null || high !== null;
  if (text === null) return isCompared ? { kind: 'numeric', low, high, unit } : { kind: 'boolean' };
  const number = parseNumber(text, reading);
  if (number === null && isCompared) bad(reading, `"${text.slice(0, 50)}" in column value is no number`);
  if (number === null) return { kind: 'text', value: text, unit };
  // As text, so that no digit is lost.
  return { kind: 'numeric', value: reading.decimal === ',' ? text.replace(',', '.') : text, low, high, unit };
}

function addRow(row: CsvRow, open: Open, reading: Reading): void {
  const name = reading.read(row, 'step') ?? bad(reading, 'the row has no step name');
  const value = readValue(row, reading);
  const outcome = readStatus(row, reading) ?? (value.kind === 'boolean' ? 'done' : null);
  chooseAdder(row, open, reading).step({ name, ...value, outcome, text: reading.read(row, 'comment') });
}

/** A new run begins where one of these changes; columns that the file lacks never do. */
function keyOf(row: CsvRow, { read }: Reading): string {
  return JSON.stringify([read(row, 'partNumber'), read(row, 'serialNumber'), read(row, 'startedAt')]);
}

function startReading(rows: Pick<CsvRows, 'line' | 'columns'>, given: Arguments): Reading {
  const { read, has } = findColumns(rows.columns, () => rows.line);
  if (!has('step') || !has('value')) {
    throw new BadInput('the header names no column for the step and the value', { line: 1 });
  }
  assertDistinct(rows.columns);
  return { read, arguments: given, decimal: given['decimal'] === ',' ? ',' : '.', line: () => rows.line };
}

function goOn(row: CsvRow, open: Open | null, next: { readonly reading: Reading; readonly reports: Reports }): Open {
  const key = keyOf(row, next.reading);
  if (open?.key === key) return open;
  open?.report.finish();
  return { key, report: startReport(row, next.reports, next.reading), group: null };
}

export default defineConverter({
  probe(head) {
    const [first = ''] = head.text.split(/\r?\n/, 1);
    const { has } = findColumns(first.split(';').map((cell) => cell.replace(/^"|"$/g, '')));
    return has('step') && has('value') ? 0.7 : 0;
  },
  convert(input, reports, context) {
    const rows = csv(input, { delimiter: ';' });
    let reading: Reading | null = null;
    let open: Open | null = null;
    for (const row of rows) {
      reading ??= startReading(rows, context.arguments);
      open = goOn(row, open, { reading, reports });
      addRow(row, open, reading);
    }
    if (open === null) throw new SkipFile('the file has no rows below its header');
    open.report.finish();
  },
});
