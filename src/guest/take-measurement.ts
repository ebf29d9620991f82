// One measurement: from an author's short form to the form that is stored.

import {
  COMPARISON_NAMES,
  COMPARISONS,
  findLimitsProblem,
  STEP_OUTCOMES,
  verdictOf,
  type ComparisonName,
  type StepOutcome,
} from '../report/rules.ts';
import type { Measurement, MeasurementLimits } from '../report/schema.ts';
import { choice, type Fields, refuse, type Taken, take, text } from './check.ts';
import { isExactNumber, parseNumber } from './numbers.ts';

const NOT_FINITE = ['NaN', 'Infinity', '-Infinity'] as const;
type LimitWord = (typeof NOT_FINITE)[number];
type Kind = Measurement['kind'];
type Given = number | string | boolean | undefined;

const anyValue = (value: unknown, what: string): unknown =>
  ['number', 'string', 'boolean'].includes(typeof value)
    ? value
    : refuse(what, `expected a number, text, true or false, received ${typeof value}`);
const limit = (value: unknown, what: string): unknown =>
  typeof value === 'number' || typeof value === 'string' ? value : refuse(what, 'expected a number or text');

/** Fields of a value with its limits. */
export const VALUE_FIELDS: Fields = {
  value: anyValue,
  valueText: text(),
  unit: text(8_192),
  op: choice(COMPARISON_NAMES),
  low: limit,
  high: limit,
  target: limit,
  outcome: choice(STEP_OUTCOMES),
};

const MEASUREMENT_FIELDS: Fields = {
  ...VALUE_FIELDS,
  name: text(8_192),
  kind: choice(['numeric', 'text', 'boolean']),
};

function toLimitNumber(value: Given, what: string): number | LimitWord | null {
  if (value === undefined) return null;
  const read = typeof value === 'number' ? value : parseNumber(String(value));
  if (read !== null && Number.isFinite(read)) return read;
  const word = NOT_FINITE.find((name) => name === String(value).trim());
  return word ?? refuse(what, `"${String(value).slice(0, 100)}" is no number (parseNumber reads a decimal comma)`);
}

function defaultOp(taken: Taken, kind: Kind): ComparisonName | null {
  const hasLow = taken['low'] !== undefined;
  const hasHigh = taken['high'] !== undefined;
  if (hasLow && hasHigh) return 'GELE';
  if (hasLow || hasHigh) return hasLow ? 'GE' : 'LE';
  if (taken['target'] === undefined) return null;
  return kind === 'numeric' ? 'EQ' : 'CASESENSIT';
}

function toTarget(value: Given, kind: Kind): number | string | null {
  if (value === undefined) return null;
  if (kind !== 'numeric') return String(value);
  return (typeof value === 'number' ? value : parseNumber(String(value))) ?? String(value);
}

function toLimits(taken: Taken, kind: Kind, what: string): MeasurementLimits | null {
  const given = taken['op'] as ComparisonName | undefined;
  const op = given ?? defaultOp(taken, kind);
  if (op === null) return null;
  const limits: MeasurementLimits = {
    op,
    low: toLimitNumber(taken['low'] as Given, `${what}, low`),
    high: toLimitNumber(taken['high'] as Given, `${what}, high`),
    target: toTarget(taken['target'] as Given, kind),
  };
  const problem = findLimitsProblem(limits, kind);
  return problem === null ? limits : refuse(what, problem);
}

function isNumberCompared(taken: Taken): boolean {
  if (taken['low'] !== undefined || taken['high'] !== undefined) return true;
  const op = taken['op'] as ComparisonName | undefined;
  return op !== undefined && (COMPARISONS[op].low || COMPARISONS[op].high);
}

function kindOf(taken: Taken, wanted: unknown): Kind {
  if (wanted === 'numeric' || wanted === 'text' || wanted === 'boolean') return wanted;
  const { value } = taken;
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'string' && !isNumberCompared(taken) ? 'text' : 'numeric';
}

type Valued = Pick<Measurement, 'kind' | 'value' | 'valueText'>;

function toNumeric(value: Given, valueText: string | null, what: string): Valued {
  const isText = typeof value === 'string';
  const read = isText ? parseNumber(value) : value;
  if (typeof read === 'number' && Number.isFinite(read)) {
    const written = isText && !isExactNumber(value) ? value.trim() : null;
    return { kind: 'numeric', value: read, valueText: valueText ?? written };
  }
  if (value === undefined) return { kind: 'numeric', value: null, valueText };
  const word = NOT_FINITE.find((name) => name === String(value).trim());
  if (word === undefined)
    return refuse(what, `"${String(value).slice(0, 100)}" is no number (parseNumber reads a decimal comma)`);
  return { kind: 'numeric', value: null, valueText: valueText ?? word };
}

function toValue(taken: Taken, kind: Kind, what: string): Valued {
  const value = taken['value'] as Given;
  const valueText = typeof taken['valueText'] === 'string' ? taken['valueText'] : null;
  switch (kind) {
    case 'numeric':
      return toNumeric(value, valueText, `${what}, value`);
    case 'text':
      return { kind, value: value === undefined ? null : String(value), valueText };
    case 'boolean':
      if (value === undefined || typeof value === 'boolean') return { kind, value: value ?? null, valueText };
      return refuse(`${what}, value`, 'expected true or false');
    default:
      return kind satisfies never;
  }
}

/**
 * Complete a measurement from checked fields.
 *
 * @param taken - Fields of {@link VALUE_FIELDS}; others are left alone. The measurement has no name of its own.
 * @param wantedKind - Kind that was asked for; anything else: as the value says.
 * @param what - Names it in messages.
 * @throws {ReportError} where value, kind and limits do not go together.
 */
export function completeMeasurement(taken: Taken, wantedKind: unknown, what: string): Measurement {
  const kind = kindOf(taken, wantedKind);
  const limits = toLimits(taken, kind, what);
  const valued = toValue(taken, kind, what);
  const given = taken['outcome'] as StepOutcome | undefined;
  const completed = {
    ...valued,
    name: null,
    unit: typeof taken['unit'] === 'string' ? taken['unit'] : null,
    limits,
    outcome: given ?? verdictOf({ ...valued, limits }) ?? 'done',
  };
  return completed as Measurement;
}

/** Check: one entry of `measurements`. */
export const takeMeasurement = (value: unknown, what: string): Measurement => {
  const taken = take(value, MEASUREMENT_FIELDS, what);
  const name = typeof taken['name'] === 'string' ? taken['name'] : null;
  return { ...completeMeasurement(taken, taken['kind'], what), name };
};
