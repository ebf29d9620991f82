// Measurements of one result: number, text, pass or fail, or a list of them.

import type { MeasurementInput, SeriesInput } from 'airlock/converter';
import { keepLimits, type KeptLimits, type Limits, numericLimits, textLimits } from './limits.ts';
import { at, type Prop, textAt } from './props.ts';
import { type Decimal, flagAt, isRadix, numberAt, numberTextAt, type Outcome, readStatus } from './words.ts';

/** What reading measurements needs: the step's outcome holds where a measurement has none of its own. */
export type MeasureReading = { readonly decimal: Decimal; readonly outcome: Outcome };

type Values = Pick<MeasurementInput, 'kind' | 'value' | 'valueText' | 'unit'> & Limits;

function numericValues(prop: Prop, value: Prop, decimal: Decimal): Values {
  const written = numberTextAt(value, decimal);
  const text = value.value.trim();
  const known =
    written === null
      ? { valueText: text === '' ? null : text }
      : { value: written, valueText: isRadix(text) ? text : null };
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

/** Measurements, and limits that they do not say. */
export type ReadMeasurements = {
  readonly measurements: readonly MeasurementInput[];
  readonly kept: readonly KeptLimits[];
};

type Read = { readonly measurement: MeasurementInput; readonly kept: KeptLimits | null };

function readListed(prop: Prop, index: number, { decimal, outcome }: MeasureReading): readonly Read[] {
  const values = valuesOf(prop, OF_LIST, decimal);
  if (values === null) return [];
  const status = textAt(prop, 'Status');
  const name = textAt(prop, 'MeasName') ?? (prop.name === '' ? null : prop.name);
  const measurement = { ...values, name, outcome: status === null ? outcome : readStatus(status).outcome };
  return [{ measurement, kept: keepLimits(prop, values, `Measurement[${index}]`) }];
}

/**
 * All measurements of a result; none for one that was skipped.
 *
 * @param result - A `TEResult`.
 * @param reading - See {@link MeasureReading}.
 */
export function readMeasurements(result: Prop, reading: MeasureReading): ReadMeasurements {
  if (reading.outcome === 'skipped') return { measurements: [], kept: [] };
  const own = valuesOf(result, OF_STEP, reading.decimal);
  const single: readonly Read[] =
    own === null ? [] : [{ measurement: { ...own, outcome: reading.outcome }, kept: keepLimits(result, own, '') }];
  const listed = elementsOf(at(result, 'Measurement')).flatMap((prop, index) => readListed(prop, index, reading));
  const all = [...single, ...listed];
  return { measurements: all.map(({ measurement }) => measurement), kept: all.flatMap(({ kept }) => kept ?? []) };
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
