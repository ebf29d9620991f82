// Tolerant readers: WSJF in the wild writes numbers as texts, leaves fields out and adds its own.

import { parseNumber } from 'airlock/converter';

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
    if (length > LONGEST_KEPT) warn(`${key}: left out, ${length} characters are too long to be kept`);
    else if (length > 2) kept[key] = value;
  }
  return Object.keys(kept).length === 0 ? null : { wsjf: kept };
}
