// Test records with values to steps: PTR and MPR.

import type { MeasurementInput, SeriesInput } from 'airlock/converter';
import { type Fields, readCn, readMany, readR4, readU1, readU2, skipNibbles } from './fields.ts';
import {
  findDefaults,
  isAlternate,
  keepLimits,
  NO_PARAMETER_FLAGS,
  NOT_EXECUTED,
  RESULT_INVALID,
  type ReadTest,
  readLimits,
  readStart,
  type TestContext,
  takeLimits,
  takeName,
  takeUnit,
  toCommon,
  toCompared,
} from './tests.ts';

/** Measurements of one step; a longer list becomes a curve. */
const MOST_MEASUREMENTS = 1_000;

/**
 * A PTR: one value.
 *
 * @param fields - The record.
 * @param context - Defaults and pins.
 */
export function readParametric(fields: Fields, context: TestContext): ReadTest {
  const start = readStart(fields);
  const parameterFlags = readU1(fields) ?? NO_PARAMETER_FLAGS;
  const result = readR4(fields);
  const known = findDefaults(context, 'PTR', start);
  const name = takeName(known, readCn(fields), start);
  const alarm = readCn(fields);
  const { flags, written } = readLimits(fields);
  const value = (start.flags & (RESULT_INVALID | NOT_EXECUTED)) === 0 ? result : null;
  const limits = toCompared(takeLimits(known, flags, written), parameterFlags);
  const unit = takeUnit(known, readCn(fields));
  const common = toCommon(start, 'PTR', { name, alarm, parameterFlags });
  const step = { ...common, kind: 'numeric', value, unit } as const;
  const compared = isAlternate(parameterFlags) ? { extensions: keepLimits(limits) } : limits;
  return { ...start, step: { ...step, ...compared } };
}

type Sweep = { readonly first: number; readonly step: number; readonly unit: string | null };
type Results = { readonly values: readonly number[]; readonly pins: readonly number[]; readonly unit: string | null };

function toCurve(results: Results, { name, sweep }: { name: string; sweep: Sweep | null }): SeriesInput {
  const { first, step, unit } = sweep ?? { first: 0, step: 1, unit: null };
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    x: {
      name: sweep === null ? 'index' : 'input',
      unit,
      values: results.values.map((_value, index) => finite(first + index * step)),
    },
    y: [{ name, unit: results.unit, values: results.values.map(finite) }],
  };
}

type Compared = ReturnType<typeof toCompared>;

function toMeasurements(results: Results, limits: Compared, { pins }: TestContext): readonly MeasurementInput[] {
  return results.values.map((value, index) => {
    const pin = results.pins[index];
    const name = pin === undefined ? String(index + 1) : (pins.get(pin) ?? `pin ${pin}`);
    return { name, kind: 'numeric', value, unit: results.unit, ...limits };
  });
}

function readSweep(flags: number | null, first: number | null, step: number | null): Omit<Sweep, 'unit'> | null {
  const isUsed = flags !== null && (flags & 2) === 0 && first !== null && step !== null && step !== 0;
  return isUsed ? { first, step } : null;
}

/**
 * An MPR: several values, of pins or over an input that is stepped.
 *
 * @param fields - The record.
 * @param context - Defaults and pins.
 */
export function readMultiple(fields: Fields, context: TestContext): ReadTest {
  const start = readStart(fields);
  const parameterFlags = readU1(fields) ?? NO_PARAMETER_FLAGS;
  const pinCount = readU2(fields);
  const resultCount = readU2(fields);
  skipNibbles(fields, pinCount);
  const values = readMany(fields, resultCount, readR4);
  const known = findDefaults(context, 'MPR', start);
  const name = takeName(known, readCn(fields), start);
  const alarm = readCn(fields);
  const { flags, written } = readLimits(fields);
  const sweep = readSweep(flags, readR4(fields), readR4(fields));
  const pins = flags === null ? [] : readMany(fields, fields.at < fields.end ? pinCount : 0, readU2);
  const results = { values, pins, unit: takeUnit(known, readCn(fields)) };
  const inputUnit = readCn(fields);
  const limits = toCompared(takeLimits(known, flags, written), parameterFlags);
  const common = toCommon(start, 'MPR', { name, alarm, parameterFlags });
  if (sweep === null && values.length <= MOST_MEASUREMENTS) {
    const compared = isAlternate(parameterFlags) ? {} : limits;
    const extensions = isAlternate(parameterFlags) ? keepLimits(limits) : null;
    const measurements = toMeasurements(results, compared, context);
    return { ...start, step: { ...common, kind: 'numeric', measurements, extensions } };
  }
  const series = toCurve(results, { name, sweep: sweep === null ? null : { ...sweep, unit: inputUnit } });
  return { ...start, step: { ...common, kind: 'other', series, extensions: keepLimits(limits) } };
}
