// Reading JSON that nobody vouches for: depth before parsing, places of errors, and no key that could reach a prototype.

import { findJsonFault, skipString } from './json-place.ts';

/** How much JSON may hold. Text alone says too little: two characters of it are an object of sixty bytes. */
export type JsonLimits = {
  /** Objects and arrays inside each other. */
  readonly depth: number;
  /** Objects and arrays in all. */
  readonly containers: number;
};

/** Result of reading. `line` and `column` count from 1; `containers` are the objects and arrays in all. */
export type JsonReading =
  | { readonly kind: 'ok'; readonly value: unknown; readonly containers: number }
  | { readonly kind: 'bad'; readonly reason: string; readonly line: number | null; readonly column: number | null };

const QUOTE = 0x22;

/** What brackets say about JSON before it is parsed. `index` is that of the bracket that is one too many. */
export type JsonMeasure =
  | { readonly kind: 'within'; readonly containers: number }
  | { readonly kind: 'beyond'; readonly limit: keyof JsonLimits; readonly index: number };

/**
 * Does JSON hold more than allowed? Linear and without recursion; the text need not be valid.
 *
 * @param text - JSON text.
 * @param limits - What is allowed.
 */
export function measureJson(text: string, limits: JsonLimits): JsonMeasure {
  let depth = 0;
  let containers = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) index = skipString(text, index + 1) - 1;
    else if (unit === 0x5b || unit === 0x7b) {
      depth += 1;
      containers += 1;
      if (depth > limits.depth) return { kind: 'beyond', limit: 'depth', index };
      if (containers > limits.containers) return { kind: 'beyond', limit: 'containers', index };
    } else if (unit === 0x5d || unit === 0x7d) depth -= 1;
  }
  return { kind: 'within', containers };
}

function explain(limit: keyof JsonLimits, limits: JsonLimits): string {
  return limit === 'depth'
    ? `JSON is nested more than ${limits.depth} deep`
    : `JSON has more than ${limits.containers} objects and lists`;
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
 * @param limits - Held before anything is parsed.
 * @returns The value; it has no key `__proto__` anywhere.
 */
export function readJson(text: string, limits: JsonLimits): JsonReading {
  const measure = measureJson(text, limits);
  if (measure.kind === 'beyond')
    return { kind: 'bad', reason: explain(measure.limit, limits), ...placeOf(text, measure.index) };
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
  return { kind: 'ok', value, containers: measure.containers };
}
