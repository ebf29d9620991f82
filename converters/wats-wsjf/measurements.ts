// Measurements and charts of one WSJF step.

import { type MeasurementInput, parseNumber, type SeriesInput } from 'airlock/converter';
import {
  byIndex,
  type Fields,
  readList,
  readNumber,
  readObject,
  readShort,
  readText,
  type Rest,
  restOf,
} from './read.ts';
import { readStatus } from './words.ts';

type Op = NonNullable<MeasurementInput['op']>;
type Kind = 'numeric' | 'text' | 'boolean';

/** Limits by what an operator needs. */
const TARGET = ['EQ', 'EQT', 'NE', 'CASESENSIT', 'IGNORECASE'];
const LOW = ['GT', 'GE'];
const HIGH = ['LT', 'LE'];
const RANGE = ['GTLT', 'GTLE', 'GELT', 'GELE', 'LTGT', 'LTGE', 'LEGT', 'LEGE'];

/** A measurement, and what of it has no place in the report. */
export type ReadMeasurement = { readonly measurement: MeasurementInput; readonly rest: Rest };

type Limits = Pick<MeasurementInput, 'op' | 'low' | 'high' | 'target'>;
type ReadLimits = { readonly limits: Limits; readonly used: readonly string[] };

const NO_LIMITS: ReadLimits = { limits: {}, used: [] };

function readLimit(value: unknown): number | string | null {
  const number = readNumber(value);
  if (number !== null) return number;
  const word = readText(value)?.trim();
  return word !== undefined && ['NaN', 'Infinity', '-Infinity'].includes(word) ? word : null;
}

function readTarget(value: unknown): number | string | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : typeof value === 'string' ? value : null;
}

function readNumericLimits(fields: Fields, op: string): ReadLimits {
  const low = readLimit(fields['lowLimit']);
  const high = readLimit(fields['highLimit']);
  if (op === 'LOG') return { limits: { op }, used: ['compOp'] };
  if (RANGE.includes(op) && low !== null && high !== null) {
    return { limits: { op: op as Op, low, high }, used: ['compOp', 'lowLimit', 'highLimit'] };
  }
  // The server keeps a single limit in `lowLimit`; some files have it in `highLimit`.
  const single = low === null ? 'highLimit' : 'lowLimit';
  const value = low ?? high;
  if (TARGET.includes(op)) {
    const target = readTarget(fields['lowLimit']);
    return target === null ? NO_LIMITS : { limits: { op: op as Op, target }, used: ['compOp', 'lowLimit'] };
  }
  if (value === null) return NO_LIMITS;
  if (LOW.includes(op)) return { limits: { op: op as Op, low: value }, used: ['compOp', single] };
  return HIGH.includes(op) ? { limits: { op: op as Op, high: value }, used: ['compOp', single] } : NO_LIMITS;
}

function readTextLimits(fields: Fields, op: string): ReadLimits {
  if (op === 'LOG') return { limits: { op }, used: ['compOp'] };
  const { limit } = fields;
  const target = typeof limit === 'number' ? String(limit) : limit;
  if (typeof target !== 'string' || !TARGET.includes(op)) return NO_LIMITS;
  return { limits: { op: op as Op, target }, used: ['compOp', 'limit'] };
}

function readNumericValue(value: unknown): Pick<MeasurementInput, 'value' | 'valueText'> {
  if (typeof value === 'number') return { value };
  const text = readText(value);
  if (text === null) return {};
  return parseNumber(text) === null ? { valueText: text.trim() } : { value: text };
}

function readOne(fields: Fields, kind: Kind): ReadMeasurement {
  const op = readText(fields['compOp'])?.trim().toUpperCase() ?? 'LOG';
  const common = { kind, name: readShort(fields['name']), outcome: readStatus(fields['status']) };
  const known = ['name', 'status', 'value', 'unit'];
  if (kind === 'boolean') {
    const { value } = fields;
    const measurement = { ...common, value: typeof value === 'boolean' ? value : null };
    return { measurement, rest: restOf(fields, known) };
  }
  const isText = kind === 'text';
  const { limits, used } = isText ? readTextLimits(fields, op) : readNumericLimits(fields, op);
  const text = typeof fields['value'] === 'string' ? fields['value'] : readText(fields['value']);
  const value = isText ? { value: text } : readNumericValue(fields['value']);
  const written = fields['unit'];
  const unit = readShort(written) ?? (typeof written === 'string' ? written : null);
  return { measurement: { ...common, ...value, unit, ...limits }, rest: restOf(fields, [...known, ...used]) };
}

/** Measurements of a step, and what is kept of them by index. */
export type ReadMeasurements = {
  readonly kinds: readonly Kind[];
  readonly measurements: readonly MeasurementInput[];
  readonly rest: Rest;
};

/**
 * Every measurement of a step, whatever its type.
 *
 * @param step - The step of the file.
 */
export function readMeasurements(step: Fields): ReadMeasurements {
  const lists = [
    { kind: 'numeric', items: readList(step['numericMeas']) },
    { kind: 'text', items: readList(step['stringMeas']) },
    { kind: 'boolean', items: readList(step['booleanMeas']) },
  ] as const;
  const read = lists.flatMap(({ kind, items }) => items.map((item) => readOne(item, kind)));
  return {
    kinds: lists.filter(({ items }) => items.length > 0).map(({ kind }) => kind),
    measurements: read.map(({ measurement }) => measurement),
    rest: byIndex(read.map(({ rest }) => rest)),
  };
}

function readValues(value: unknown): (number | null)[] {
  const text = readText(value);
  return text === null ? [] : text.split(';').map((part) => parseNumber(part));
}

/**
 * The chart of a step.
 *
 * @param value - `chart` of the step.
 * @returns Null without one.
 */
export function readChart(value: unknown): { readonly series: SeriesInput; readonly rest: Rest } | null {
  const chart = readObject(value);
  if (Object.keys(chart).length === 0) return null;
  const curves = readList(chart['series']);
  const first = readText(curves[0]?.['xdata']) ?? '';
  const unit = readShort(chart['yUnit']);
  const y = curves.map((curve, index) => {
    const xdata = readText(curve['xdata']) ?? '';
    const name = readShort(curve['name']) ?? `Curve ${index + 1}`;
    return { name, unit, values: readValues(curve['ydata']), x: xdata === first ? null : readValues(xdata) };
  });
  const x = { name: readShort(chart['xLabel']), unit: readShort(chart['xUnit']), values: readValues(first) };
  return { series: { x, y }, rest: restOf(chart, ['xLabel', 'xUnit', 'series']) };
}
