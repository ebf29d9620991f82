// Tolerant readers for the fields of a record.

import { LongInteger } from './json.ts';

/** Any object of the file. */
export type Fields = Readonly<Record<string, unknown>>;
/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The object, or an empty one for anything else. */
export function readObject(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The list, or an empty one for anything else. */
export function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text, as written, at most 8,192 characters; null for what is none, and for blanks. */
export function readText(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof LongInteger) return value.digits;
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, 8_192) : null;
}

/** Time of a count of milliseconds since 1970; null for what is none. */
export function readTime(value: unknown): string | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  const date = new Date(value);
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date.toISOString() : null;
}

/** Seconds from start to end; null where one is missing or they run backwards. */
export function readDuration(fields: Fields): number | null {
  const start = fields['start_time_millis'];
  const end = fields['end_time_millis'];
  if (typeof start !== 'number' || typeof end !== 'number') return null;
  const millis = end - start;
  return Number.isFinite(millis) && millis >= 0 ? millis / 1_000 : null;
}

type Outcome = 'passed' | 'failed' | 'error' | 'terminated' | 'done';

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  PASS: 'passed',
  FAIL: 'failed',
  ERROR: 'error',
  TIMEOUT: 'error',
  ABORTED: 'terminated',
  STOP: 'terminated',
};

/** Outcome of a test, a subtest or a phase that was not skipped; `done` without one. */
export function readOutcome(value: unknown): Outcome {
  const word = typeof value === 'string' ? value : '';
  return Object.hasOwn(OUTCOMES, word) ? (OUTCOMES[word] ?? 'done') : 'done';
}

/** What Python calls numbers that are none. */
const NOT_FINITE: Readonly<Record<string, string>> = {
  nan: 'NaN',
  NaN: 'NaN',
  inf: 'Infinity',
  Infinity: 'Infinity',
  '-inf': '-Infinity',
  '-Infinity': '-Infinity',
};

/** Unit, as the file shows it to people. */
export function readUnit(value: unknown): string | null {
  if (typeof value === 'string') return readText(value);
  const { suffix, name, code } = readObject(value);
  const unit = readText(suffix) ?? readText(name) ?? readText(code);
  return unit === 'None' ? null : unit;
}

/** The number that a text of Python's stands for; null for any other text. */
export function readNotFinite(text: string): string | null {
  return Object.hasOwn(NOT_FINITE, text) ? (NOT_FINITE[text] ?? null) : null;
}
