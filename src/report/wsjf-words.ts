// Small things that every part of the WSJF writer shares: words, cutting, what a file said beyond the model.

import { cutText, type StepOutcome } from './rules.ts';

/** Letter of each outcome. Source: wsjf.md 3.1. */
export const STATUS = {
  passed: 'P',
  failed: 'F',
  error: 'E',
  terminated: 'T',
  done: 'D',
  skipped: 'S',
} as const satisfies Record<StepOutcome, string>;

/** Letter of each group. */
export const GROUP = { setup: 'S', main: 'M', cleanup: 'C' } as const;

/** Any object of a report's extensions. */
export type Extra = Readonly<Record<string, unknown>>;

/** Collects what had to be changed. */
export type Notes = { readonly warnings: string[] };

function isObject(value: unknown): value is Extra {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What the WSJF reader kept aside, one step down; empty where there is nothing.
 *
 * @param extra - `extensions`, or a part of them.
 * @param key - Name of the part.
 */
export function extraAt(extra: Extra, key: string): Extra {
  const value = Object.hasOwn(extra, key) ? extra[key] : undefined;
  return isObject(value) ? value : {};
}

/**
 * Some of the fields kept aside.
 *
 * @param extra - A part of `extensions.wsjf`.
 * @param keys - Fields that the server takes.
 */
export function pickExtra(extra: Extra, keys: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const key of keys) if (Object.hasOwn(extra, key)) picked[key] = extra[key];
  return picked;
}

/**
 * The object without its null and undefined fields: the server wants them left out.
 *
 * @param fields - Any fields.
 */
export function compact(fields: Extra): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

/**
 * Cut a text to what the server stores, with a warning.
 *
 * @param text - Null stays null.
 * @param longest - UTF-16 units.
 * @param at - Where to note it, and under which path.
 */
export function fit<T extends string | null>(
  text: T,
  longest: number,
  { warnings, path }: Notes & { readonly path: string },
): T | string {
  if (text === null || text.length <= longest) return text;
  warnings.push(`${path}: cut from ${text.length} to ${longest} characters`);
  return cutText(text, longest);
}
