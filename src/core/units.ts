// Durations and sizes as people write them. Source: configuration.md 1.

/** Result of reading a value with a unit. */
export type UnitReading =
  | { readonly kind: 'ok'; readonly value: number }
  | { readonly kind: 'missing_unit' }
  | { readonly kind: 'unreadable' };

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
};
const NUMBER_AND_UNIT = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/;

function readUnit(text: string, units: Readonly<Record<string, number>>): UnitReading {
  const match = NUMBER_AND_UNIT.exec(text);
  if (match === null) return { kind: 'unreadable' };
  const amount = Number(match[1]);
  const unit = match[2] ?? '';
  if (unit === '') return amount === 0 ? { kind: 'ok', value: 0 } : { kind: 'missing_unit' };
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return factor === undefined ? { kind: 'unreadable' } : { kind: 'ok', value: Math.round(amount * factor) };
}

/**
 * Read a duration such as `30 s`: number, optional blank, `ms` `s` `min` `h` `d`. `0` needs no unit.
 *
 * @param text - As the user wrote it.
 * @returns Milliseconds, or what is wrong.
 */
export const readDurationMs = (text: string): UnitReading => readUnit(text, DURATION_UNITS);

/**
 * Read a size such as `64 MiB`: `B`, `KiB` `MiB` `GiB` (1024), `KB` `MB` `GB` (1000). `0` needs no unit.
 *
 * @param text - As the user wrote it.
 * @returns Bytes, or what is wrong.
 */
export const readSizeBytes = (text: string): UnitReading => readUnit(text, SIZE_UNITS);

/**
 * Write bytes for people, e.g. `64 MiB`, `1.5 KiB`.
 *
 * @param bytes - ≥ 0.
 */
export function formatBytes(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB'] as const) {
    const factor = SIZE_UNITS[unit] ?? 1;
    if (bytes >= factor) return `${Number((bytes / factor).toFixed(1))} ${unit}`;
  }
  return `${bytes} B`;
}

/**
 * Write a duration for people, e.g. `30 s`, `1.5 min`.
 *
 * @param ms - Milliseconds, ≥ 0.
 */
export function formatDurationMs(ms: number): string {
  for (const unit of ['d', 'h', 'min', 's'] as const) {
    const factor = DURATION_UNITS[unit] ?? 1;
    if (ms >= factor) return `${Number((ms / factor).toFixed(1))} ${unit}`;
  }
  return `${Math.round(ms)} ms`;
}
