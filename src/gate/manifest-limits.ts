// `limits` of converter.json: what a converter asks to be held to, in the words of `sandbox.limits`.

import { z } from 'zod';
import { formatBytes, formatDurationMs, readDurationMs, readSizeBytes, type UnitReading } from '../core/units.ts';

const written = (read: (text: string) => UnitReading, example: string) =>
  z
    .string()
    .max(20)
    .refine((text) => read(text).kind === 'ok', `must be written like "${example}"`)
    .exactOptional();

const duration = written(readDurationMs, '30 s');
const size = written(readSizeBytes, '64 MiB');
const count = z.int().min(0).exactOptional();

/** As written, so that a manifest that was read can be written down again. */
export const manifestLimitsSchema = z.strictObject({
  wall: duration,
  wallPerMiB: duration,
  wallMax: duration,
  cpu: duration,
  cpuPerMiB: duration,
  load: duration,
  heapStream: size,
  heapWhole: size,
  input: size,
  output: size,
  steps: count,
  logLines: count,
  logBytes: size,
  logLine: size,
  errorText: size,
  errorStack: size,
});

type WrittenLimits = z.output<typeof manifestLimitsSchema>;
/** Limits of a manifest: milliseconds, bytes and counts; only those that it names. */
export type ManifestLimits = { readonly [Name in keyof WrittenLimits]?: number };

/** What a converter of a name may ask for at most, by the names of `sandbox.limits`; a limit that is not named has no bound. */
export type LimitCeilings = Readonly<Record<string, number>>;

/** A limit of a manifest that is above its ceiling: both as people write them. */
export type HighLimit = { readonly name: string; readonly asked: string; readonly allowed: string };

function toNumber(value: string | number): number {
  if (typeof value === 'number') return value;
  const reading = [readDurationMs(value), readSizeBytes(value)].find(({ kind }) => kind === 'ok');
  return reading?.kind === 'ok' ? reading.value : 0;
}

/**
 * Limits as numbers.
 *
 * @param limits - `limits` of a manifest that passed its schema.
 */
export function readManifestLimits(limits: WrittenLimits): ManifestLimits {
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, toNumber(value)]));
}

function formatLike(written: string | number, value: number): string {
  if (typeof written === 'number') return String(value);
  return readDurationMs(written).kind === 'ok' ? formatDurationMs(value) : formatBytes(value);
}

/**
 * Which limits of a manifest ask for more than there is.
 *
 * @param limits - `limits` of a manifest that passed its schema.
 * @param ceilings - See {@link LimitCeilings}; exactly as much is fine.
 */
export function findHighLimits(limits: WrittenLimits, ceilings: LimitCeilings): readonly HighLimit[] {
  return Object.entries(limits).flatMap(([name, written]) => {
    const ceiling = Object.hasOwn(ceilings, name) ? ceilings[name] : undefined;
    if (ceiling === undefined || toNumber(written) <= ceiling) return [];
    return [{ name, asked: String(written), allowed: formatLike(written, ceiling) }];
  });
}
