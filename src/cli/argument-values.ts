// How the command line's values are read; what cannot be read is refused with what to write instead.

import { InvalidArgumentError } from 'commander';
import { isName, isUuid } from '../core/ids.ts';
import { readDurationMs } from '../core/units.ts';

// No timer of Node can be longer than 2^31 - 1 ms, nearly 25 days.
const LONGEST_MS = 24 * 24 * 3_600_000;

/** A duration with its unit, in milliseconds, at most 24 days. */
export function parseDuration(text: string): number {
  const reading = readDurationMs(text);
  if (reading.kind !== 'ok') throw new InvalidArgumentError('Write a duration such as "30 s" or "500 ms".');
  if (reading.value > LONGEST_MS) throw new InvalidArgumentError('Write "24 d" at most.');
  return reading.value;
}

/** 1 (first) to 10. */
export function parsePriority(text: string): number {
  const priority = Number(text);
  if (Number.isInteger(priority) && priority >= 1 && priority <= 10) return priority;
  throw new InvalidArgumentError('Write a whole number from 1 (first) to 10.');
}

/** A UUID in lower case. */
export function parseUuid(text: string): string {
  if (isUuid(text)) return text;
  throw new InvalidArgumentError('Write a lower-case UUID.');
}

/** A repeatable option: every value, in order. */
export function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

/** A repeatable `name=value`. */
export function collectPairs(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [name = '', ...rest] = text.split('=');
  if (name === '' || rest.length === 0) throw new InvalidArgumentError('Write name=value.');
  return { ...before, [name]: rest.join('=') };
}

/** Rows of a page: 1 to 500. */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 500) return limit;
  throw new InvalidArgumentError('Write a whole number from 1 to 500.');
}

/** A delivery: `reportId@destination`. */
export function parseDelivery(text: string): string {
  const [reportId = '', destination = '', ...rest] = text.split('@');
  if (isUuid(reportId) && isName(destination) && rest.length === 0) return text;
  throw new InvalidArgumentError('Write reportId@destination, as queue list shows it.');
}

/** UUIDs, collected. */
export function collectUuids(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseUuid(text)];
}
