// A measurement with dimensions to curves.

import type { CurveInput, SeriesInput } from 'airlock/converter';
import { readNotFinite, readObject, readText, readUnit } from './read.ts';

/** What a measurement with dimensions says about itself. */
export type Axes = { readonly name: string; readonly unit: string | null; readonly dimensions: readonly unknown[] };

/** Points of one chart; a report holds 100,000 (`limits.seriesPoints`). */
const MOST_NUMBERS = 90_000;
const MOST_CURVES = 100;

type Curve = { readonly x: (number | null)[]; readonly y: (number | null)[] };

function nameOf(dimension: unknown): string | null {
  if (typeof dimension === 'string') return readText(dimension);
  const { description, name } = readObject(dimension);
  return readText(description) ?? readText(name);
}

/** A number, null for what Python calls one that is none; undefined for anything else. */
function readPoint(value: unknown): number | null | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === null) return null;
  return typeof value === 'string' && readNotFinite(value) !== null ? null : undefined;
}

function collect(rows: readonly unknown[], width: number): ReadonlyMap<string, Curve> | null {
  const curves = new Map<string, Curve>();
  for (const row of rows) {
    if (!Array.isArray(row) || row.length !== width + 1) return null;
    const cells: readonly unknown[] = row;
    const x = readPoint(cells[width - 1]);
    const y = readPoint(cells[width]);
    if (x === undefined || y === undefined) return null;
    const key = JSON.stringify(cells.slice(0, width - 1));
    const curve = curves.get(key) ?? { x: [], y: [] };
    curves.set(key, curve);
    if (curves.size > MOST_CURVES) return null;
    curve.x.push(x);
    curve.y.push(y);
  }
  return curves;
}

function curveName(key: string, { name, dimensions }: Axes): string {
  const values = JSON.parse(key) as readonly unknown[];
  const parts = values.map((value, index) => `${nameOf(dimensions[index]) ?? index}=${String(value)}`);
  return parts.length === 0 ? name : parts.join(', ').slice(0, 200);
}

/**
 * Curves over the last dimension: one for each combination of the others.
 *
 * @param rows - `[dimension, …, value]` each.
 * @param axes - Names and units.
 * @returns Null where a row is no list of numbers, or for more than 100 curves or 90,000 numbers.
 */
export function toSeries(rows: readonly unknown[], axes: Axes): SeriesInput | null {
  if (rows.length * 2 > MOST_NUMBERS || rows.length === 0) return null;
  const curves = collect(rows, axes.dimensions.length);
  const [first] = curves?.values() ?? [];
  if (curves === null || first === undefined) return null;
  const last = axes.dimensions.at(-1);
  const shared = JSON.stringify(first.x);
  const y = [...curves].map(([key, curve]): SeriesInput['y'][number] => ({
    name: curveName(key, axes),
    unit: axes.unit,
    values: curve.y,
    x: JSON.stringify(curve.x) === shared ? null : curve.x,
  }));
  const unit = typeof last === 'string' ? null : readUnit(last);
  const x: CurveInput = { name: nameOf(last), unit, values: first.x };
  return { x, y };
}
