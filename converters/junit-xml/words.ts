// Words, numbers and times of the dialects.

import { parseDate, parseNumber, type XmlAttributes, type XmlElement } from 'airlock/converter';

type Outcome = 'passed' | 'failed' | 'error' | 'skipped';

/** What a test case says about itself in an attribute, where no element says it. */
const STATUS: Readonly<Record<string, Outcome>> = {
  fail: 'failed',
  failed: 'failed',
  failure: 'failed',
  error: 'error',
  errored: 'error',
  notrun: 'skipped',
  suppressed: 'skipped',
  disabled: 'skipped',
  ignored: 'skipped',
  skipped: 'skipped',
  pending: 'skipped',
};

/** Thousands separators only before groups of three digits: a decimal comma is never guessed. No group begins with a zero. */
const GROUPED = /^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$/;
/** Then this comma stands before a fraction: it can be nothing else. */
const FRACTION = /^0,\d+$/;

/** An attribute with something in it. */
export function readAttribute(attributes: XmlAttributes, name: string): string | null {
  const value = attributes[name];
  return value === undefined || value.trim() === '' ? null : value;
}

/**
 * Seconds, as written in `time`.
 *
 * @returns Null when nothing is written, or what is written is no number.
 */
export function readSeconds(attributes: XmlAttributes): number | null {
  const written = readAttribute(attributes, 'time')?.trim() ?? '';
  const decimal = FRACTION.test(written) ? ',' : '.';
  const seconds = parseNumber(GROUPED.test(written) ? written.replaceAll(',', '') : written, { decimal });
  return seconds === null || seconds < 0 ? null : seconds;
}

/** Reads times; told once for each kind of trouble. */
export type Clock = { readonly zone: string; readonly warn: (warning: string) => void };

/** RFC 3339 of the attribute `timestamp`; null when there is none that can be read. */
export function readTimestamp(attributes: XmlAttributes, { zone, warn }: Clock): string | null {
  const written = readAttribute(attributes, 'timestamp')?.trim();
  if (written === undefined) return null;
  const time = parseDate(written, 'iso', zone);
  if (time === null) warn(`timestamp: "${written.slice(0, 50)}" is no date and time, left out`);
  else if (!/(?:Z|[+-]\d{2}:?\d{2})$/i.test(written)) warn(`zone_assumed: times without a zone are read as ${zone}`);
  return time;
}

/** What an attribute says about the outcome, with the word itself; null when it says nothing that an element would not. */
export function readStatus(attributes: XmlAttributes): { readonly outcome: Outcome; readonly word: string } | null {
  for (const name of ['result', 'status']) {
    const word = readAttribute(attributes, name);
    const key = word?.trim().toLowerCase() ?? '';
    const outcome = Object.hasOwn(STATUS, key) ? STATUS[key] : undefined;
    if (word !== null && outcome !== undefined) return { outcome, word };
  }
  return null;
}

/** All text of an element and of those in it, without blank ends. */
export function readWords({ text, children }: XmlElement): string {
  return [text, ...children.map(readWords)]
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n');
}
