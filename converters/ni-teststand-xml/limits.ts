// Limits of one measurement, from TestStand's words for comparing.

import type { MeasurementInput } from 'airlock/converter';
import { type Prop, textAt } from './props.ts';
import { type Decimal, numberAt, numberTextAt } from './words.ts';

type Op = NonNullable<MeasurementInput['op']>;
/** Limits as the builder takes them; empty for none, and for those that nothing can be compared with. */
export type Limits = Pick<MeasurementInput, 'op' | 'low' | 'high' | 'target'>;

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
/** Where limits stand beside a value. */
const PLACES: readonly string[] = ['Comp', 'Limits', 'RawLimits', 'StringLimit'];

function compOf(prop: Prop): string | null {
  return textAt(prop, 'Comp')?.trim().toUpperCase() ?? null;
}

/** Nominal value with tolerances. Source: TestStand reference, "Edit Numeric Limit Test", threshold type. */
function toleranceLimits(prop: Prop, decimal: Decimal): Limits {
  const read = (name: string): number | null =>
    numberAt(prop, decimal, 'RawLimits', name) ?? numberAt(prop, decimal, 'Limits', name);
  const nominal = read('Nominal');
  const low = read('Low');
  const high = read('High');
  const type = textAt(prop, 'Limits', 'ThresholdType') ?? textAt(prop, 'RawLimits', 'ThresholdType') ?? '';
  if (nominal === null || low === null || high === null) return {};
  const word = type.trim().toLowerCase();
  const share = Object.hasOwn(THRESHOLDS, word) ? THRESHOLDS[word] : undefined;
  const unit = share === undefined ? 1 : Math.abs(nominal) * share;
  return { op: 'GELE', low: nominal - low * unit, high: nominal + high * unit };
}

/** TestStand compares with the low limit wherever one is enough, also for LT and LE. */
function singleLimit(op: string, limit: string): Limits {
  if (EQUAL.includes(op)) return { op: op as Op, target: limit };
  if (FROM.includes(op)) return { op: op as Op, low: limit };
  return UP_TO.includes(op) ? { op: op as Op, high: limit } : {};
}

/**
 * Limits of a number.
 *
 * @param prop - What holds `Comp` and `Limits`.
 * @param decimal - The character before the fraction.
 */
export function numericLimits(prop: Prop, decimal: Decimal): Limits {
  const op = compOf(prop);
  if (op === 'EQT') return toleranceLimits(prop, decimal);
  if (op === 'LOG') return { op };
  const low = numberTextAt(prop, decimal, 'Limits', 'Low');
  const high = numberTextAt(prop, decimal, 'Limits', 'High');
  if (op === null) return { low, high };
  if (RANGE.includes(op)) return low === null || high === null ? {} : { op: op as Op, low, high };
  const single = low ?? high;
  return single === null ? {} : singleLimit(op, single);
}

/**
 * Limits of a text.
 *
 * @param prop - What holds `Comp`.
 * @param limit - What to compare with.
 */
export function textLimits(prop: Prop, limit: string | null): Limits {
  const word = compOf(prop) ?? '';
  const op = Object.hasOwn(TEXT, word) ? TEXT[word] : undefined;
  if (op === 'LOG') return { op };
  return op === undefined || limit === null ? {} : { op, target: limit };
}

/** Limits that stand beside the step as they were written. */
export type KeptLimits = {
  /** Of the measurement below the result: empty for the result's own. */
  readonly path: string;
  readonly props: readonly Prop[];
  /** Null where they are compared with too, in another form. */
  readonly warning: string | null;
};

const isWritten = (prop: Prop, name: 'Low' | 'High'): boolean => textAt(prop, 'Limits', name) !== null;

/** Was every limit that is written read? A word of comparing that is not known, or a text that is no number, is not. */
function isUnread(prop: Prop, { op, low, high }: Limits): boolean {
  if (op !== undefined && op !== null) return false;
  if (compOf(prop) !== null) return true;
  const isLost = (name: 'Low' | 'High', read: unknown): boolean =>
    isWritten(prop, name) && (read === null || read === undefined);
  return isLost('Low', low) || isLost('High', high);
}

/**
 * Find limits that the report says otherwise or cannot say: nothing of them is lost.
 *
 * @param prop - What holds `Comp` and limits.
 * @param limits - What was read of them.
 * @param path - See {@link KeptLimits}.
 * @returns Null where the report says them all.
 */
export function keepLimits(prop: Prop, limits: Limits, path: string): KeptLimits | null {
  const comp = compOf(prop);
  const isUnusable = isUnread(prop, limits);
  if (!isUnusable && comp !== 'EQT') return null;
  const props = prop.props.filter(({ name }) => PLACES.includes(name));
  const how = comp === null ? 'without a comparison' : `with the comparison "${comp.slice(0, 50)}"`;
  const warning = `limits: some ${how} cannot be used; they stand in extensions.teststand of their steps`;
  return { path, props, warning: isUnusable ? warning : null };
}
