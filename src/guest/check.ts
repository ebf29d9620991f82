// Checks of what an author hands over: each field is read once, by a table, and a wrong one is an error at the author's line.

import { ReportError } from './errors.ts';

/** Reads one value; `what` names it in messages. */
export type Check = (value: unknown, what: string) => unknown;
/** A check per field. */
export type Fields = Readonly<Record<string, Check>>;
/** A checked object: null prototype, JSON-safe values only. */
export type Taken = Record<string, unknown>;

const stringify = JSON.stringify;
const parse = JSON.parse;
const { isFinite, isSafeInteger } = Number;

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'number' ? String(value) : typeof value;
}

/**
 * Throw a {@link ReportError}.
 *
 * @param what - The thing that is wrong.
 * @param reason - What is wrong with it.
 */
export function refuse(what: string, reason: string): never {
  throw new ReportError(`Cannot report ${what}: ${reason}`);
}

/** A text of a length in UTF-16 units. */
export const text =
  (longest = Number.POSITIVE_INFINITY, shortest = 0): Check =>
  (value, what) => {
    if (typeof value !== 'string') return refuse(what, `expected text, received ${nameOf(value)}`);
    if (value.length < shortest) return refuse(what, 'it is empty');
    return value.length <= longest ? value : refuse(what, `${value.length} characters, at most ${longest}`);
  };

/** A finite number. */
export const number: Check = (value, what) =>
  isFinite(value) ? value : refuse(what, `expected a finite number, received ${nameOf(value)}`);

/** A whole number. */
export const integer: Check = (value, what) =>
  isSafeInteger(value) ? value : refuse(what, `expected a whole number, received ${nameOf(value)}`);

/** True or false. */
export const flag: Check = (value, what) =>
  typeof value === 'boolean' ? value : refuse(what, `expected true or false, received ${nameOf(value)}`);

/** One of some words. */
export const choice =
  (words: readonly string[]): Check =>
  (value, what) =>
    typeof value === 'string' && words.includes(value) ? value : refuse(what, `expected ${words.join(', ')}`);

/** The first check that takes it, by type. */
export const either =
  (checks: { readonly number: Check; readonly string: Check }): Check =>
  (value, what) =>
    typeof value === 'number' ? checks.number(value, what) : checks.string(value, what);

/** A list of anything that one check takes. */
export const list =
  (item: Check): Check =>
  (value, what) => {
    if (!Array.isArray(value)) return refuse(what, `expected a list, received ${nameOf(value)}`);
    const items: readonly unknown[] = value;
    const taken: unknown[] = [];
    for (let index = 0; index < items.length; index += 1) taken.push(item(items[index], `${what}[${index}]`));
    return taken;
  };

/** Anything that JSON can say, as an object. */
export const json: Check = (value, what) => {
  const written = typeof value === 'object' ? stringify(value) : undefined;
  return written === undefined ? refuse(what, `expected an object, received ${nameOf(value)}`) : parse(written);
};

/**
 * Read an object by a table. Missing and null fields are left out; a field that the table does not name is an error.
 *
 * @param value - What the author gave.
 * @param fields - A check per field.
 * @param what - Names the object in messages.
 */
export function take(value: unknown, fields: Fields, what: string): Taken {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(what, `expected an object, received ${nameOf(value)}`);
  }
  const taken: Taken = Object.create(null);
  for (const [key, given] of Object.entries(value)) {
    const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (check === undefined) return refuse(what, `it has no field "${key.slice(0, 100)}"`);
    if (given !== undefined && given !== null) taken[key] = check(given, `${what}, ${key}`);
  }
  return taken;
}

/** An object with such fields. */
export const shape =
  (fields: Fields): Check =>
  (value, what) =>
    take(value, fields, what);
