// Reading JSON that nobody vouches for: depth before parsing, places of errors, and no key that could reach a prototype.

import { findJsonFault, skipString } from './json-place.ts';

/** Result of reading. `line` and `column` count from 1. */
export type JsonReading =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'bad'; readonly reason: string; readonly line: number | null; readonly column: number | null };

const QUOTE = 0x22;

/**
 * Where does JSON go deeper than allowed? Linear and without recursion; the text need not be valid.
 *
 * @param text - JSON text.
 * @param deepest - Objects and arrays inside each other.
 * @returns Index of the bracket that is one too deep, or null.
 */
export function findTooDeep(text: string, deepest: number): number | null {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) index = skipString(text, index + 1) - 1;
    else if (unit === 0x5b || unit === 0x7b) {
      depth += 1;
      if (depth > deepest) return index;
    } else if (unit === 0x5d || unit === 0x7d) depth -= 1;
  }
  return null;
}

function placeOf(text: string, index: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, index);
  return { line: before.split('\n').length, column: index - before.lastIndexOf('\n') };
}

function placeOfFault(text: string): { readonly line: number | null; readonly column: number | null } {
  const fault = findJsonFault(text);
  return fault === null ? { line: null, column: null } : placeOf(text, fault);
}

function hasForbiddenKey(value: unknown): boolean {
  const stack: unknown[] = [value];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) return true;
    for (const child of Object.values(next)) if (typeof child === 'object' && child !== null) stack.push(child);
  }
  return false;
}

/**
 * Read JSON from outside.
 *
 * @param text - Its size is the caller's to check.
 * @param deepest - Objects and arrays inside each other.
 * @returns The value; it has no key `__proto__` anywhere.
 */
export function readJson(text: string, deepest: number): JsonReading {
  const tooDeep = findTooDeep(text, deepest);
  if (tooDeep !== null)
    return { kind: 'bad', reason: `JSON is nested more than ${deepest} deep`, ...placeOf(text, tooDeep) };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's words say less than the place does.
    return { kind: 'bad', reason: 'not JSON', ...placeOfFault(text) };
  }
  // The key may be written with escapes; walking everything is only worth it when one of both is there.
  if (/__proto__|\\u00/i.test(text) && hasForbiddenKey(value)) {
    return { kind: 'bad', reason: 'a key is named "__proto__"', line: null, column: null };
  }
  return { kind: 'ok', value };
}
