// Measurements of one result: number, text, pass or fail, or a list of them.

import type { MeasurementInput, SeriesInput } from 'airlock/converter';
import { at, type Prop, textAt } from './props.ts';
import { type Decimal, flagAt, numberAt, numberTextAt, type Outcome, readStatus } from './words.ts';

type Op = NonNullable<MeasurementInput['op']>;
type Limits = Pick<MeasurementInput, 'op' | 'low' | 'high' | 'target'>;

const EQUAL: readonly string[] = ['EQ', 'NE'];
const FROM: readonly string[] = ['GT', 'GE'];
const UP_TO: readonly string[] = ['LT', 'LE'];
const RANGE: readonly string[] = ['GTLT', 'GTLE', 'GELT', 'GELE', 'LTGT', 'LTGE', 'LEGT', 'LEGE'];
const TEXT: Readonly<Record<string, Op>> = {
  CASESENSIT: 'CASESENSIT',
  CASESENSITIVE: 'CASESENSIT',
  IGNORECASE: 'IGNORECASE',
  EQ: 'EQ',
  NE: 'NE',
  LOG: 'LOG',
};
/** Part of the nominal value that one unit of a threshold stands for. */
const THRESHOLDS: Readonly<Record<string, number>> = { percentage: 0.01, percent: 0.01, ppm: 1e-6 };

/** Nominal value with tolerances. Source: TestStand reference, "Edit Numeric Limit Test", threshold type. */
function toleranceLimits(prop: Prop, decimal: Decimal): Limits {
  const read = (name: string): number | null =>
    numberAt(prop, decimal, 'RawLimits', name) ?? numberAt(prop, decimal, 'Limits', name);
  const nominal = read('Nominal');
  const low = read('Low');
  const high = read('High');
  const type = textAt(prop, 'Limits', 'ThresholdType') ?? textAt(prop, 'RawLimits', 'ThresholdType') ?? '';
  if (nominal === null || low === null || high === null) return {};
  const share = THRESHOLDS[type.trim().toLowerCase()];
  const unit = share === undefined ? 1 : Math.abs(nominal) * share;
  return { op: 'GELE', low: nominal - low * unit, high: nominal + high * unit };
}

/** TestStand compares with the low limit wherever one is enough, also for LT and LE. */
function singleLimit(op: string, limit: string): Limits {
  if (EQUAL.includes(op)) return { op: op as Op, target: limit };
  if (FROM.includes(op)) return { op: op as Op, low: limit };
  return UP_TO.includes(op) ? { op: op as Op, high: limit } : {};
}

function numericLimits(prop: Prop, decimal: Decimal): Limits {
  const op = textAt(prop, 'Comp')?.trim().toUpperCase() ?? null;
  if (op === 'EQT') return toleranceLimits(prop, decimal);
  if (op === 'LOG') return { op };
  const low = numberTextAt(prop, decimal, 'Limits', 'Low');
  const high = numberTextAt(prop, decimal, 'Limits', 'High');
  if (op === null) return { low, high };
  if (RANGE.includes(op)) return low === null || high === null ? {} : { op: op as Op, low, high };
  const single = low ?? high;
  return single === null ? {} : singleLimit(op, single);
}

function textLimits(prop: Prop, limit: string | null): Limits {
  const op = TEXT[textAt(prop, 'Comp')?.trim().toUpperCase() ?? ''];
  if (op === 'LOG') return { op };
  return op === undefined || limit === null ? {} : { op, target: limit };
}

/** What reading measurements needs: the step's outcome holds where a measurement has none of its own. */
export type MeasureReading = { readonly decimal: Decimal; readonly outcome: Outcome };

type Values = Pick<MeasurementInput, 'kind' | 'value' | 'valueText' | 'unit'> & Limits;

function numericValues(prop: Prop, value: Prop, decimal: Decimal): Values {
  const written = numberTextAt(value, decimal);
  const text = value.value.trim();
  const known = written === null ? { valueText: text === '' ? null : text } : { value: written };
  return { kind: 'numeric', ...known, unit: textAt(prop, 'Units'), ...numericLimits(prop, decimal) };
}

function valuesOf(prop: Prop, names: ValueNames, decimal: Decimal): Values | null {
  const numeric = at(prop, names.numeric);
  if (numeric !== undefined) return numericValues(prop, numeric, decimal);
  const text = at(prop, names.text);
  if (text !== undefined) {
    const limit = at(prop, ...names.textLimit)?.value ?? null;
    return { kind: 'text', value: text.value, ...textLimits(prop, limit) };
  }
  return at(prop, 'PassFail') === undefined ? null : { kind: 'boolean', value: flagAt(prop, 'PassFail') };
}

type ValueNames = { readonly numeric: string; readonly text: string; readonly textLimit: readonly string[] };

const OF_STEP: ValueNames = { numeric: 'Numeric', text: 'String', textLimit: ['Limits', 'String'] };
const OF_LIST: ValueNames = { numeric: 'Data', text: 'StringData', textLimit: ['StringLimit'] };

/** Elements of a list are objects, or values around one. */
function elementsOf(list: Prop | undefined): readonly Prop[] {
  return (list?.props ?? []).map((element) => (element.props.length === 1 ? (element.props[0] ?? element) : element));
}

function readListed(prop: Prop, { decimal, outcome }: MeasureReading): readonly MeasurementInput[] {
  const values = valuesOf(prop, OF_LIST, decimal);
  if (values === null) return [];
  const status = textAt(prop, 'Status');
  const name = textAt(prop, 'MeasName') ?? (prop.name === '' ? null : prop.name);
  return [{ ...values, name, outcome: status === null ? outcome : readStatus(status).outcome }];
}

/**
 * All measurements of a result; none for one that was skipped.
 *
 * @param result - A `TEResult`.
 * @param reading - See {@link MeasureReading}.
 */
export function readMeasurements(result: Prop, reading: MeasureReading): readonly MeasurementInput[] {
  if (reading.outcome === 'skipped') return [];
  const single = valuesOf(result, OF_STEP, reading.decimal);
  const listed = elementsOf(at(result, 'Measurement')).flatMap((prop) => readListed(prop, reading));
  return single === null ? listed : [{ ...single, outcome: reading.outcome }, ...listed];
}

function readPlot(plot: Prop, decimal: Decimal): readonly [readonly (number | null)[], readonly (number | null)[]] {
  const read = (row: string): (number | null)[] =>
    (at(plot, 'PlotData')?.props ?? [])
      .filter(({ name }) => name.startsWith(row))
      .map((cell) => numberAt(cell, decimal));
  return [read('[0]'), read('[1]')];
}

/** A chart of the WATS add-on: plots of two rows, x and y. */
function readChart(chart: Prop, decimal: Decimal): SeriesInput | null {
  const plots = elementsOf(at(chart, 'Plots'));
  const read = plots.map((plot) => ({ name: textAt(plot, 'PlotName'), rows: readPlot(plot, decimal) }));
  const [first] = read;
  if (first === undefined) return null;
  return {
    x: { name: textAt(chart, 'Xlabel'), unit: textAt(chart, 'Xunit'), values: first.rows[0] },
    y: read.map(({ name, rows: [x, values] }) => {
      const isShared = JSON.stringify(x) === JSON.stringify(first.rows[0]);
      return { name, unit: textAt(chart, 'Yunit'), values, x: isShared ? null : x };
    }),
  };
}

const isCurve = ({ type, props }: Prop): boolean =>
  type === 'Array' && props.length > 1 && props.every((cell) => cell.props.length === 0 && /^\[\d+\]$/.test(cell.name));

/**
 * What of a result is a curve: its chart, or its lists of numbers.
 *
 * @param result - A `TEResult`.
 */
export function readSeries(result: Prop, decimal: Decimal): { series: SeriesInput | null; used: readonly string[] } {
  const chart = at(result, 'Chart');
  if (chart !== undefined) return { series: readChart(chart, decimal), used: ['Chart'] };
  const curves = result.props
    .filter(isCurve)
    .map(({ name, props }) => ({ name, values: props.map((cell) => numberAt(cell, decimal)) }))
    .filter(({ values }) => values.every((value) => value !== null));
  if (curves.length === 0) return { series: null, used: [] };
  const longest = Math.max(...curves.map(({ values }) => values.length));
  const x = { name: 'index', values: Array.from({ length: longest }, (_, index) => index) };
  return { series: { x, y: curves }, used: curves.map(({ name }) => name) };
}
