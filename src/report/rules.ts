// Rules about outcomes, comparisons and texts: pure, and shared by the daemon and the guest (no imports but types).

import type { Measurement, MeasurementLimits } from './schema.ts';

/** Outcomes of a report. */
export const OUTCOMES = ['passed', 'failed', 'error', 'terminated', 'done'] as const;
/** Outcomes of a step or a measurement. */
export const STEP_OUTCOMES = [...OUTCOMES, 'skipped'] as const;
/** Kinds of steps. */
export const STEP_KINDS = ['sequence', 'numeric', 'text', 'boolean', 'action', 'message', 'external', 'other'] as const;

/** Outcome of a report. */
export type Outcome = (typeof OUTCOMES)[number];
/** Outcome of a step or a measurement. */
export type StepOutcome = (typeof STEP_OUTCOMES)[number];
/** Kind of a step. */
export type StepKind = (typeof STEP_KINDS)[number];

/** Every comparison operator of the reference server. */
export const COMPARISON_NAMES = [
  'LOG',
  'EQ',
  'EQT',
  'NE',
  'LT',
  'LE',
  'GT',
  'GE',
  'CASESENSIT',
  'IGNORECASE',
  'GTLT',
  'GTLE',
  'GELT',
  'GELE',
  'LTGT',
  'LTGE',
  'LEGT',
  'LEGE',
] as const;
/** One of {@link COMPARISON_NAMES}. */
export type ComparisonName = (typeof COMPARISON_NAMES)[number];

/** Which limits an operator needs; what it does not need must be null. */
type Needs = { readonly low: boolean; readonly high: boolean; readonly target: boolean };

const NOTHING: Needs = { low: false, high: false, target: false };
const TARGET: Needs = { low: false, high: false, target: true };
const LOW: Needs = { low: true, high: false, target: false };
const HIGH: Needs = { low: false, high: true, target: false };
const RANGE: Needs = { low: true, high: true, target: false };

/** Which limits each operator needs. Source: report.md 3, limits. */
export const COMPARISONS: Readonly<Record<ComparisonName, Needs>> = {
  LOG: NOTHING,
  EQ: TARGET,
  EQT: TARGET,
  NE: TARGET,
  CASESENSIT: TARGET,
  IGNORECASE: TARGET,
  GT: LOW,
  GE: LOW,
  LT: HIGH,
  LE: HIGH,
  GTLT: RANGE,
  GTLE: RANGE,
  GELT: RANGE,
  GELE: RANGE,
  LTGT: RANGE,
  LTGE: RANGE,
  LEGT: RANGE,
  LEGE: RANGE,
};

/** Longest text that the server stores for identity and station, in UTF-16 units. Source: wsjf.md 3.2. */
export const LONGEST_IDENTITY = 100;
/** Largest record of a conversion, in UTF-8 bytes. Source: sandbox.md 5. */
export const LARGEST_RECORD_BYTES = 64 * 1024;

/** Types of limits that a comparison can be made with. */
type Limit = MeasurementLimits['low'];

/**
 * Do these limits have what their operator needs, and nothing it has no use for?
 *
 * @param limits - Limits of one measurement.
 * @param kind - Kind of the measurement.
 * @returns What is wrong, or null.
 */
export function findLimitsProblem(limits: MeasurementLimits, kind: Measurement['kind']): string | null {
  const needs = COMPARISONS[limits.op];
  for (const side of ['low', 'high', 'target'] as const) {
    if (needs[side] && limits[side] === null) return `${limits.op} needs "${side}"`;
    if (!needs[side] && limits[side] !== null) return `${limits.op} has no use for "${side}"`;
  }
  if (limits.op === 'LOG' || kind === 'numeric') return null;
  return needs.target ? null : `${limits.op} compares numbers, and this measurement is ${kind}`;
}

function toNumber(limit: Limit): number {
  return limit === null ? Number.NaN : Number(limit);
}

/** Words for values that JSON has no number for. */
const NOT_FINITE: readonly string[] = ['NaN', 'Infinity', '-Infinity'];

/** The number to compare with; null for a text that is none. */
function toTarget(target: MeasurementLimits['target']): number | null {
  if (typeof target === 'number') return target;
  return target !== null && NOT_FINITE.includes(target) ? Number(target) : null;
}

/** A row per operator, `null` where the rule is not known here (EQT: its tolerance is not in the report). */
const NUMERIC: Readonly<Record<ComparisonName, ((value: number, low: number, high: number) => boolean) | null>> = {
  LOG: null,
  EQT: null,
  CASESENSIT: null,
  IGNORECASE: null,
  EQ: null,
  NE: null,
  GT: (value, low) => value > low,
  GE: (value, low) => value >= low,
  LT: (value, _low, high) => value < high,
  LE: (value, _low, high) => value <= high,
  GTLT: (value, low, high) => value > low && value < high,
  GTLE: (value, low, high) => value > low && value <= high,
  GELT: (value, low, high) => value >= low && value < high,
  GELE: (value, low, high) => value >= low && value <= high,
  LTGT: (value, low, high) => value < low || value > high,
  LTGE: (value, low, high) => value < low || value >= high,
  LEGT: (value, low, high) => value <= low || value > high,
  LEGE: (value, low, high) => value <= low || value >= high,
};

function compareNumber(value: number, limits: MeasurementLimits): boolean | null {
  if (limits.op === 'LOG') return null;
  // What is no number is inside of no limits, and outside of none.
  if (Number.isNaN(value)) return false;
  if (limits.op === 'EQ' || limits.op === 'NE') {
    const target = toTarget(limits.target);
    return target === null ? null : (value === target) === (limits.op === 'EQ');
  }
  const rule = NUMERIC[limits.op];
  return rule === null ? null : rule(value, toNumber(limits.low), toNumber(limits.high));
}

function compareText(value: string, limits: MeasurementLimits): boolean | null {
  const target = limits.target;
  if (typeof target !== 'string') return null;
  if (limits.op === 'EQ' || limits.op === 'CASESENSIT') return value === target;
  if (limits.op === 'NE') return value !== target;
  return limits.op === 'IGNORECASE' ? value.toLowerCase() === target.toLowerCase() : null;
}

/** What a verdict is made from. */
export type Compared = Pick<Measurement, 'kind' | 'value' | 'limits'> & Partial<Pick<Measurement, 'valueText'>>;

/** NaN and infinities have no value, and their word as text. */
function valueOf({ kind, value, valueText = null }: Compared): Measurement['value'] {
  const isWord = kind === 'numeric' && value === null && valueText !== null && NOT_FINITE.includes(valueText);
  return isWord ? Number(valueText) : value;
}

/**
 * What value and limits say, whatever the file says.
 *
 * @param measurement - NaN and infinities come as null with their word in `valueText`; NaN fails wherever there are limits.
 * @returns Null where they say nothing: no value, no limits, or an operator without a rule here.
 */
export function verdictOf(measurement: Compared): 'passed' | 'failed' | null {
  const { limits } = measurement;
  const value = valueOf(measurement);
  let isPass: boolean | null = null;
  if (typeof value === 'boolean') isPass = value;
  else if (value === null || limits === null) return null;
  else if (typeof value === 'number') isPass = compareNumber(value, limits);
  else isPass = compareText(value, limits);
  if (isPass === null) return null;
  return isPass ? 'passed' : 'failed';
}

/**
 * Say how a measurement contradicts itself.
 *
 * @param measurement - One measurement.
 * @returns One clause for a warning, or null.
 */
export function findContradiction(measurement: Measurement): string | null {
  const verdict = verdictOf(measurement);
  const { outcome, limits } = measurement;
  if (limits !== null && toNumber(limits.low) > toNumber(limits.high)) {
    return `low limit ${limits.low} is above high limit ${limits.high}`;
  }
  if (verdict === null || (outcome !== 'passed' && outcome !== 'failed') || verdict === outcome) return null;
  return `outcome ${outcome} contradicts value and limits, which say ${verdict}`;
}

/**
 * The outcome of a whole from those of its parts: any terminated, else error, else failed, else passed if any passed, else done.
 *
 * @param outcomes - Outcomes of the parts; skipped ones say nothing.
 * Source: report.md 3, outcomes.
 */
export function rollUp(outcomes: Iterable<StepOutcome>): Outcome {
  const seen = new Set(outcomes);
  return (['terminated', 'error', 'failed', 'passed'] as const).find((outcome) => seen.has(outcome)) ?? 'done';
}

/**
 * Cut a text to a length without leaving half a character behind.
 *
 * @param text - Any text.
 * @param longest - UTF-16 units.
 */
export function cutText(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const last = text.charCodeAt(longest - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? longest - 1 : longest);
}
