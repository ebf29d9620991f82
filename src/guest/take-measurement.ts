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
import { type Check, choice, type Fields, inside, refuse, type Taken, take, text, type What } from './check.ts';
import { isExactNumber, parseNumber } from './numbers.ts';

const NOT_FINITE = ['NaN', 'Infinity', '-Infinity'] as const;
type LimitWord = (typeof NOT_FINITE)[number];
type Kind = Measurement['kind'];
type Given = number | string | boolean | undefined;

const anyValue: Check = (value, what, key) =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
    ? value
    : refuse(what, `expected a number, text, true or false, received ${typeof value}`, key);
const limit: Check = (value, what, key) =>
  typeof value === 'number' || typeof value === 'string' ? value : refuse(what, 'expected a number or text', key);

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

function refuseNumber(value: Given, what: What, key: string): never {
  return refuse(what, `"${String(value).slice(0, 100)}" is no number (parseNumber reads a decimal comma)`, key);
}

function toLimitNumber(value: Given, what: What, key: 'low' | 'high'): number | LimitWord | null {
  if (value === undefined) return null;
  const read = typeof value === 'number' ? value : parseNumber(String(value));
  if (read !== null && Number.isFinite(read)) return read;
  const word = NOT_FINITE.find((name) => name === String(value).trim());
  return word ?? refuseNumber(value, what, key);
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

function toLimits(taken: Taken, kind: Kind, what: What): MeasurementLimits | null {
  const given = taken['op'] as ComparisonName | undefined;
  const op = given ?? defaultOp(taken, kind);
  if (op === null) return null;
  const limits: MeasurementLimits = {
    op,
    low: toLimitNumber(taken['low'] as Given, what, 'low'),
    high: toLimitNumber(taken['high'] as Given, what, 'high'),
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

function toNumeric(value: Given, valueText: string | null, what: What): Valued {
  const isText = typeof value === 'string';
  const read = isText ? parseNumber(value) : value;
  if (typeof read === 'number' && Number.isFinite(read)) {
    const written = isText && !isExactNumber(value) ? value.trim() : null;
    return { kind: 'numeric', value: read, valueText: valueText ?? written };
  }
  if (value === undefined) return { kind: 'numeric', value: null, valueText };
  const word = NOT_FINITE.find((name) => name === String(value).trim());
  if (word === undefined) return refuseNumber(value, what, 'value');
  return { kind: 'numeric', value: null, valueText: valueText ?? word };
}

function toValue(taken: Taken, kind: Kind, what: What): Valued {
  const value = taken['value'] as Given;
  const valueText = typeof taken['valueText'] === 'string' ? taken['valueText'] : null;
  switch (kind) {
    case 'numeric':
      return toNumeric(value, valueText, what);
    case 'text':
      return { kind, value: value === undefined ? null : String(value), valueText };
    case 'boolean':
      if (value === undefined || typeof value === 'boolean') return { kind, value: value ?? null, valueText };
      return refuse(what, 'expected true or false', 'value');
    default:
      return kind satisfies never;
  }
}

/**
 * Complete a measurement from checked fields.
 *
 * @param taken - Fields of {@link VALUE_FIELDS}; others are left alone.
 * @param wanted - `kind` that was asked for, anything else: as the value says; its own `name`.
 * @param what - Names it in messages.
 * @throws {ReportError} where value, kind and limits do not go together.
 */
export function completeMeasurement(
  taken: Taken,
  wanted: { readonly kind: unknown; readonly name: string | null },
  what: What,
): Measurement {
  const kind = kindOf(taken, wanted.kind);
  const limits = toLimits(taken, kind, what);
  const { value, valueText } = toValue(taken, kind, what);
  const given = taken['outcome'] as StepOutcome | undefined;
  // The word itself is compared, also where the author keeps another text beside it.
  const written = taken['value'] as Given;
  const word = value === null && written !== undefined ? String(written).trim() : valueText;
  const outcome = given ?? verdictOf({ kind, value, valueText: word, limits }) ?? 'done';
  const unit = typeof taken['unit'] === 'string' ? taken['unit'] : null;
  return { kind, value, valueText, name: wanted.name, unit, limits, outcome } as Measurement;
}

/** Check: one entry of `measurements`. */
export const takeMeasurement = (value: unknown, holder: What, key?: string | number): Measurement => {
  const what = inside(holder, key);
  const taken = take(value, MEASUREMENT_FIELDS, what);
  const name = typeof taken['name'] === 'string' ? taken['name'] : null;
  return completeMeasurement(taken, { kind: taken['kind'], name }, what);
};
