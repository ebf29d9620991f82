// The kinds of values a configuration is written in: durations, sizes, names, paths, secrets. Source: configuration.md 1.

import { z } from 'zod';
import { formatBytes, formatDurationMs, readDurationMs, readSizeBytes, type UnitReading } from '../core/units.ts';

/** Limits of a number with a unit, in milliseconds or bytes. */
type UnitRange = { readonly min?: number; readonly max?: number; readonly zero?: boolean };

type UnitKind = {
  readonly read: (text: string) => UnitReading;
  readonly format: (value: number) => string;
  /** Exactly, in the largest unit that does it in whole numbers; {@link format} rounds. */
  readonly write: (value: number) => string;
  readonly name: string;
  readonly examples: readonly [string, ...string[]];
  readonly pattern: string;
};

const NUMBER = '\\d{1,15}(\\.\\d{1,6})?';
type UnitFactor = readonly [unit: string, factor: number];

function writeWhole(value: number, units: readonly UnitFactor[]): string {
  if (value === 0) return '0';
  const [unit, factor] = units.find(([, size]) => value % size === 0) ?? units.at(-1) ?? ['', 1];
  return `${value / factor} ${unit}`;
}

const DURATION: UnitKind = {
  read: readDurationMs,
  format: formatDurationMs,
  write: (ms) =>
    writeWhole(ms, [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['min', 60_000],
      ['s', 1_000],
      ['ms', 1],
    ]),
  name: 'a duration',
  examples: ['30 s', '500 ms', '5 min', '24 h'],
  pattern: `^(0|${NUMBER} ?(ms|s|min|h|d))$`,
};
const SIZE: UnitKind = {
  read: readSizeBytes,
  format: formatBytes,
  write: (bytes) =>
    writeWhole(bytes, [
      ['GiB', 1024 ** 3],
      ['MiB', 1024 ** 2],
      ['KiB', 1024],
      ['B', 1],
    ]),
  name: 'a size',
  examples: ['64 MiB', '256 KiB', '1 GB'],
  pattern: `^(0|${NUMBER} ?(B|KiB|MiB|GiB|KB|MB|GB))$`,
};

/** A key of the finding's code inside a custom issue: what the schema refuses says which rule it broke. */
type RefusalParams = { readonly finding: string };

type Refusal = { readonly message: string; readonly params: RefusalParams };

/** Say which finding an issue of our own rules becomes. Source: configuration.md 4. */
export const refusal = (finding: string, message: string): Refusal => ({ message, params: { finding } });

function describeRange(kind: UnitKind, { min = 0, max = Number.MAX_SAFE_INTEGER }: UnitRange): string {
  const lower = min > 0 ? `at least ${kind.format(min)}` : '';
  const upper = max < Number.MAX_SAFE_INTEGER ? `at most ${kind.format(max)}` : '';
  return [lower, upper].filter((part) => part !== '').join(' and ');
}

function readWithUnit(kind: UnitKind, range: UnitRange, written: string | number): number | Refusal {
  const reading = typeof written === 'number' ? ({ kind: 'missing_unit' } as const) : kind.read(written);
  const [example] = kind.examples;
  if (reading.kind === 'missing_unit') return refusal('missing_unit', `write "${example}": the unit is missing`);
  if (reading.kind === 'unreadable') return refusal('wrong_type', `expected ${kind.name} such as "${example}"`);
  const { min = 0, max = Number.MAX_SAFE_INTEGER, zero = false } = range;
  const isInside = (zero && reading.value === 0) || (reading.value >= min && reading.value <= max);
  if (isInside) return reading.value;
  const message = `must be ${describeRange(kind, range)}, received ${kind.format(reading.value)}`;
  return refusal('out_of_range', message);
}

/** How a number is written that is read from a text with a unit. */
export type Unit = { readonly write: (value: number) => string };

const units = z.registry<Unit>();

/**
 * The unit of the values that this schema reads, or null.
 *
 * @param schema - Any part of the configuration's schema, with or without a default.
 */
export function unitOf(schema: z.core.$ZodType): Unit | null {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) return unitOf(schema.unwrap());
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) return unitOf(schema.unwrap());
  return units.get(schema) ?? null;
}

function withUnit(kind: UnitKind, range: UnitRange) {
  const error = `expected ${kind.name} such as "${kind.examples[0]}"`;
  return z
    .union([z.string(), z.number()], { error })
    .transform((written, context): number => {
      const value = readWithUnit(kind, range, written);
      if (typeof value === 'number') return value;
      context.addIssue({ code: 'custom', ...value });
      return z.NEVER;
    })
    .meta({ type: 'string', pattern: kind.pattern, examples: [...kind.examples] })
    .register(units, { write: kind.write });
}

/**
 * A duration; written `"30 s"`, read as milliseconds.
 *
 * @param range - Limits in milliseconds; `zero` allows `"0"` with a meaning of its own.
 */
export const duration = (range: UnitRange = {}) => withUnit(DURATION, range);

/**
 * A size; written `"64 MiB"`, read as bytes.
 *
 * @param range - Limits in bytes; `zero` allows `"0"` with a meaning of its own.
 */
export const size = (range: UnitRange = {}) => withUnit(SIZE, range);

/**
 * A whole number within limits.
 *
 * @param min - Smallest allowed value.
 * @param max - Largest allowed value.
 */
export const integer = (min: number, max: number) => z.int().min(min).max(max);

/** A name: key of a map, instance, secret, preset. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and "-", at most 32');

/** Values in which `${hostname}` and `${env:NAME}` are replaced; in a path also `~/` at the start. */
export const expandable = z.registry<{ readonly kind: 'path' | 'url' | 'text' }>();

/** A path as written: relative paths are resolved by `resolveConfigPath`. */
export const pathText = z.string().min(1).max(4096).register(expandable, { kind: 'path' });

/** A pattern for names: literal with `*` and `?`, read by `intake/pattern.ts`. No regular expressions. */
export const pattern = z.string().min(1).max(255);

/** A text about the station, at most 100 characters, as the server stores it. */
export const stationText = z.string().max(100).register(expandable, { kind: 'text' });

/** An address `https://…` or `http://…` without user or password, which would be a plain secret. */
export const serverUrl = z
  .url({ protocol: /^https?$/, error: 'expected an address such as "https://wats.example.com"' })
  .max(2048)
  .superRefine((text, context) => {
    const url = URL.parse(text);
    if (url === null || (url.username === '' && url.password === '')) return;
    context.addIssue({ code: 'custom', ...refusal('plain_secret', 'an address must hold no user and no password') });
  })
  .register(expandable, { kind: 'url' });

/** A reference to a secret: `{ "secret": "wats-token" }`. A plain text is the finding `plain_secret`. */
export const secretReference = z.union(
  [
    z.strictObject({ secret: name }),
    z
      .string()
      .transform((_written, context) => {
        const mend =
          'write a reference such as { "secret": "wats-token" } and put the text into <home>/secrets/wats-token (mode 0600)';
        context.addIssue({ code: 'custom', ...refusal('plain_secret', `a secret must not stand here: ${mend}`) });
        return z.NEVER;
      })
      .meta({ not: {} }),
  ],
  { error: 'expected a reference to a secret such as { "secret": "wats-token" }' },
);

/** A parsed {@link secretReference}. */
export type SecretReference = { readonly secret: string };

const SECOND = 1_000;
/** Factors for limits and defaults in this room. */
export const MS = { second: SECOND, minute: 60 * SECOND, hour: 3_600 * SECOND, day: 86_400 * SECOND } as const;
/** Factors for limits and defaults in this room. */
export const BYTES = { kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 } as const;
