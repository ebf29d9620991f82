// TestStand's words, numbers and times.

import { parseNumber } from 'airlock/converter';
import { type Prop, textAt } from './props.ts';

/** Outcome of a step. */
export type Outcome = 'passed' | 'failed' | 'error' | 'terminated' | 'done' | 'skipped';
/** The character before the fraction. */
export type Decimal = '.' | ',';

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  passed: 'passed',
  failed: 'failed',
  error: 'error',
  terminated: 'terminated',
  aborted: 'terminated',
  done: 'done',
  skipped: 'skipped',
};

const NOT_FINITE: Readonly<Record<string, 'NaN' | 'Infinity' | '-Infinity'>> = {
  nan: 'NaN',
  ind: 'NaN',
  inf: 'Infinity',
  '+inf': 'Infinity',
  infinity: 'Infinity',
  '-inf': '-Infinity',
  '-infinity': '-Infinity',
};

/** An outcome; `word` is set where the mapping is not obvious. A status of the station's own is no verdict: `done`. */
export function readStatus(status: string | null): { readonly outcome: Outcome; readonly word: string | null } {
  const key = status?.trim().toLowerCase() ?? 'done';
  const outcome = Object.hasOwn(OUTCOMES, key) ? OUTCOMES[key] : undefined;
  return outcome === undefined ? { outcome: 'done', word: status } : { outcome, word: null };
}

const RADIX = /^0(?:x[0-9a-f]{1,16}|b[01]{1,64})$/i;

/** Is this a hexadecimal or binary number, as a numeric format of TestStand writes it? */
export function isRadix(written: string): boolean {
  return RADIX.test(written);
}

/**
 * A number at a path, for the builder: a text with a decimal point keeps every digit.
 *
 * @returns Null where there is none, or what is there is no number.
 */
export function numberTextAt(prop: Prop | undefined, decimal: Decimal, ...path: readonly string[]): string | null {
  const written = textAt(prop, ...path)?.trim();
  if (written === undefined) return null;
  const key = written.toLowerCase();
  if (Object.hasOwn(NOT_FINITE, key)) return NOT_FINITE[key] ?? null;
  if (isRadix(written)) return BigInt(written).toString();
  return parseNumber(written, { decimal }) === null ? null : written.replace(',', '.');
}

/** A finite number at a path. */
export function numberAt(prop: Prop | undefined, decimal: Decimal, ...path: readonly string[]): number | null {
  const written = numberTextAt(prop, decimal, ...path);
  return written === null ? null : parseNumber(written);
}

/** A whole number at a path. */
export function integerAt(prop: Prop | undefined, ...path: readonly string[]): number | null {
  const number = numberAt(prop, '.', ...path);
  return Number.isSafeInteger(number) ? number : null;
}

/** True or false at a path. */
export function flagAt(prop: Prop | undefined, ...path: readonly string[]): boolean | null {
  const word = textAt(prop, ...path)
    ?.trim()
    .toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : null;
}

/** Milliseconds since 1970 and the zone's offset as written. */
export type Instant = { readonly unixMs: number; readonly offset: string };

/** The instant of an RFC 3339 time. */
export function toInstant(time: string): Instant {
  return { unixMs: Date.parse(time), offset: /(?:Z|[+-]\d{2}:\d{2})$/.exec(time)?.[0] ?? 'Z' };
}

/** RFC 3339 of an instant some seconds later, in the same zone. */
export function later({ unixMs, offset }: Instant, seconds: number): string | null {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d{2}):(\d{2})$/.exec(offset) ?? [];
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  const date = new Date(unixMs + seconds * 1_000 + offsetMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace('Z', offset);
}
