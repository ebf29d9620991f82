// The kinds of values a configuration is written in: durations, sizes, names, secrets. Source: configuration.md 1.

import { z } from 'zod';
import { formatBytes, formatDurationMs, readDurationMs, readSizeBytes, type UnitReading } from '../core/units.ts';

/** Limits of a number with a unit, in milliseconds or bytes. */
type UnitRange = { readonly min?: number; readonly max?: number; readonly zero?: boolean };

type UnitKind = {
  readonly read: (text: string) => UnitReading;
  readonly format: (value: number) => string;
  readonly example: string;
  readonly name: string;
};

const DURATION: UnitKind = { read: readDurationMs, format: formatDurationMs, example: '30 s', name: 'a duration' };
const SIZE: UnitKind = { read: readSizeBytes, format: formatBytes, example: '64 MiB', name: 'a size' };

function withUnit(kind: UnitKind, { min = 0, max = Number.MAX_SAFE_INTEGER, zero = false }: UnitRange) {
  return z.union([z.string(), z.number()]).transform((written, context): number => {
    const reading = typeof written === 'number' ? ({ kind: 'missing_unit' } as const) : kind.read(written);
    if (reading.kind === 'missing_unit') {
      context.addIssue({
        code: 'custom',
        message: `write "${kind.example}": the unit is missing`,
        params: { finding: 'missing_unit' },
      });
      return z.NEVER;
    }
    if (reading.kind === 'unreadable') {
      context.addIssue({
        code: 'custom',
        message: `expected ${kind.name} such as "${kind.example}"`,
        params: { finding: 'wrong_type' },
      });
      return z.NEVER;
    }
    if (zero && reading.value === 0) return 0;
    if (reading.value < min || reading.value > max) {
      const upper = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${kind.format(max)}`;
      const message = `must be at least ${kind.format(min)}${upper}, received ${kind.format(reading.value)}`;
      context.addIssue({ code: 'custom', message, params: { finding: 'out_of_range' } });
      return z.NEVER;
    }
    return reading.value;
  });
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

/** A text of at most 100 characters, as the server stores it. */
export const text100 = z.string().max(100);

/** A reference to a secret: `{ "secret": "wats-token" }`. A plain text is the finding `plain_secret`. */
export const secretReference = z.union([
  z.strictObject({ secret: name }),
  z.string().transform((_written, context) => {
    context.addIssue({
      code: 'custom',
      message:
        'a secret must be a reference such as { "secret": "wats-token" }: put the text into <home>/secrets/wats-token (mode 0600)',
      params: { finding: 'plain_secret' },
    });
    return z.NEVER;
  }),
]);

/** A parsed {@link secretReference}. */
export type SecretReference = { readonly secret: string };

const SECOND = 1_000;
/** Factors for limits and defaults in this room. */
export const MS = { second: SECOND, minute: 60 * SECOND, hour: 3_600 * SECOND, day: 86_400 * SECOND } as const;
/** Factors for limits and defaults in this room. */
export const BYTES = { kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 } as const;
