// Tolerant readers: WSJF in the wild writes numbers as texts, leaves fields out and adds its own.

import { BadInput, parseNumber } from 'airlock/converter';

/** Any object of the file. */
export type Fields = Readonly<Record<string, unknown>>;
/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
/** Fields kept aside. */
export type Rest = { [key: string]: Json };

/** The object, or an empty one for anything else. */
export function readObject(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The objects of a list; a single object counts as a list of one. */
export function readList(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.map(readObject);
  return typeof value === 'object' && value !== null ? [readObject(value)] : [];
}

/** The text, exactly as written; null for what is no text or number, and for blanks. */
export function readText(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** UTF-16 units that names, words and identities of a report may have. */
const LONGEST_SHORT = 8_192;

/**
 * As {@link readText}, for names, words and identities.
 *
 * @param value - Any.
 * @param longest - UTF-16 units.
 * @throws {BadInput} for a longer text: it is none of these.
 */
export function readShort(value: unknown, longest = LONGEST_SHORT): string | null {
  const text = readText(value);
  if (text === null || text.length <= longest) return text;
  const begin = JSON.stringify(text.slice(0, 50));
  throw new BadInput(`a name, word or identity has ${text.length} characters, at most ${longest}: it begins ${begin}`);
}

/** Lists and objects inside each other; more than any report has, and few enough for everything that walks them. */
const DEEPEST = 500;

/** The objects and lists in these, one level down. An index and no iterator: this visits the whole file, without a compiler. */
function inside(level: readonly object[]): readonly object[] {
  const below: object[] = [];
  for (let index = 0; index < level.length; index += 1) {
    const values: readonly unknown[] = Object.values(level[index] ?? {});
    for (let place = 0; place < values.length; place += 1) {
      const value = values[place];
      if (typeof value === 'object' && value !== null) below.push(value);
    }
  }
  return below;
}

/** Has parsed JSON more lists and objects inside each other than any file of this kind, or than may be kept? */
export function isTooDeep(value: unknown, deepest = DEEPEST): boolean {
  let level = inside([[value]]);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = inside(level);
  }
  return false;
}

/** The finite number, also when it is written as text. */
export function readNumber(value: unknown): number | null {
  if (typeof value === 'string') return parseNumber(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The whole number, also when it is written as text. */
export function readInteger(value: unknown): number | null {
  const number = readNumber(value);
  return Number.isSafeInteger(number) ? number : null;
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/**
 * What a reader did not use: kept, so that nothing of the file is lost.
 *
 * @param fields - Any object of the file.
 * @param used - Keys that are in the report already.
 */
export function restOf(fields: Fields, used: readonly string[]): Rest {
  const rest: Rest = {};
  const keys = Object.keys(fields);
  // An index and no pairs: without a compiler it takes a fifth of the time, and most fields are used.
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    if (!used.includes(key) && !isNothing(fields[key])) rest[key] = fields[key] as Json;
  }
  return rest;
}

/**
 * Rests of a list by index; entries without any are left out.
 *
 * @param rests - One per item.
 */
export function byIndex(rests: readonly Rest[]): Rest {
  const kept: Rest = {};
  for (const [index, rest] of rests.entries()) if (Object.keys(rest).length > 0) kept[String(index)] = rest;
  return kept;
}

/** Characters of JSON that one kept field may have; a record of a report holds 64 KiB. */
const LONGEST_KEPT = 12_000;
/** Lists and objects inside each other that are kept; a record holds 64, its own included. */
const DEEPEST_KEPT = 50;

/**
 * Without empty parts, and without those that are too long to be kept.
 *
 * @param rest - Fields to keep.
 * @param warn - Told what is left out.
 */
export function toExtension(rest: Rest, warn: (warning: string) => void): { wsjf: Rest } | null {
  const kept: Rest = {};
  for (const [key, value] of Object.entries(rest)) {
    const length = JSON.stringify(value).length;
    const shown = key.slice(0, 100);
    if (length > LONGEST_KEPT) warn(`${shown}: left out, ${length} characters are too long to be kept`);
    else if (isTooDeep(value, DEEPEST_KEPT))
      warn(`${shown}: left out, more than ${DEEPEST_KEPT} lists inside each other`);
    else if (length > 2) kept[key] = value;
  }
  return Object.keys(kept).length === 0 ? null : { wsjf: kept };
}
