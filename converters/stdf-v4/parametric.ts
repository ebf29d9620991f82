// Test records with values to steps: PTR and MPR.

import type { MeasurementInput, SeriesInput } from 'airlock/converter';
import { type Fields, readCn, readMany, readR4, readU1, readU2, skipNibbles } from './fields.ts';
import {
  findDefaults,
  type Limits,
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
  readU1(fields);
  const result = readR4(fields);
  const known = findDefaults(context, 'PTR', start);
  const name = takeName(known, readCn(fields), start);
  const alarm = readCn(fields);
  const { flags, written } = readLimits(fields);
  const value = (start.flags & (RESULT_INVALID | NOT_EXECUTED)) === 0 ? result : null;
  const limits = takeLimits(known, flags, written);
  const unit = takeUnit(known, readCn(fields));
  return { ...start, step: { ...toCommon(start, 'PTR', { name, alarm }), kind: 'numeric', value, unit, ...limits } };
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

function toMeasurements(results: Results, limits: Limits, { pins }: TestContext): readonly MeasurementInput[] {
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
  readU1(fields);
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
  const limits = takeLimits(known, flags, written);
  const common = toCommon(start, 'MPR', { name, alarm });
  if (sweep === null && values.length <= MOST_MEASUREMENTS) {
    return { ...start, step: { ...common, kind: 'numeric', measurements: toMeasurements(results, limits, context) } };
  }
  const series = toCurve(results, { name, sweep: sweep === null ? null : { ...sweep, unit: inputUnit } });
  const extensions =
    limits.low === null && limits.high === null
      ? null
      : { stdf: { low: finiteOr(limits.low), high: finiteOr(limits.high) } };
  return { ...start, step: { ...common, kind: 'other', series, extensions } };
}

function finiteOr(limit: number | null): number | string | null {
  return limit === null || Number.isFinite(limit) ? limit : String(limit);
}
