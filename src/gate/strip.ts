// TypeScript to JavaScript by blanking out types, so that every line and column stays the author's.

import { stripTypeScriptTypes } from 'node:module';
import type { Finding } from '../core/findings.ts';
import { makeFinding } from './finding.ts';

/** JavaScript, or why not. `isFatal`: the stripper itself broke, and no later file may be given to it. */
export type Stripped =
  | { readonly kind: 'stripped'; readonly code: string }
  | { readonly kind: 'refused'; readonly finding: Finding; readonly isFatal: boolean };

const ERASABLE_HINT =
  'only types that can be erased: use a const object for an enum, a module for a namespace, a plain field for a parameter property, `x as T` for `<T>x`';
const FIRST_LINE = /^[^\n]*:(\d{1,7})\n/;
const CARET_LINE = /\n( *)\^/;

type Place = { readonly line: number | null; readonly column: number | null };

// The place of an error stands only in its stack: the line, then a frame that quotes source, with a caret below. The frame is never
// shown; a source that looks like a frame can only misplace its own finding.
function readPlace({ stack = '' }: Error): Place {
  const line = FIRST_LINE.exec(stack)?.[1];
  const indent = CARET_LINE.exec(stack)?.[1];
  return {
    line: line === undefined ? null : Number(line),
    column: line === undefined || indent === undefined ? null : indent.length + 1,
  };
}

type SyntaxCode = 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' | 'ERR_INVALID_TYPESCRIPT_SYNTAX';

/** What is wrong with the source; null where the stripper broke. */
function codeOf(error: unknown): SyntaxCode | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || code === 'ERR_INVALID_TYPESCRIPT_SYNTAX' ? code : null;
}

/** Every character one column wide: a caret stands below what is shown, and tabs and wide letters are shown wider than they count. */
function toPlain(source: string): string {
  return source.replace(/[^\x20-\x7e\n\r\u2028\u2029]/g, (unit) => (/\s/.test(unit) ? ' ' : 'a'));
}

/** The place in UTF-16 units: where the line has characters of other widths, that of the same error in a plain source. */
function findPlace(error: Error, source: string): { readonly place: Place; readonly isBroken: boolean } {
  const place = readPlace(error);
  const line = source.split(/\r\n|[\n\r\u2028\u2029]/)[(place.line ?? 1) - 1] ?? source;
  if (place.column === null || /^[\x20-\x7e]*$/.test(line)) return { place, isBroken: false };
  try {
    stripTypeScriptTypes(toPlain(source), { mode: 'strip' });
  } catch (again) {
    if (!(again instanceof Error) || codeOf(again) === null)
      return { place: { ...place, column: null }, isBroken: true };
    const { line: plainLine, column } = readPlace(again);
    if (plainLine === place.line) return { place: { ...place, column }, isBroken: false };
  }
  return { place: { ...place, column: null }, isBroken: false };
}

function toRefusal(error: unknown, source: string, file: string): Stripped {
  const code = codeOf(error);
  if (!(error instanceof Error) || code === null) {
    const message = 'the TypeScript parser broke on this file';
    const hint = 'look for an expression nested thousands of levels deep';
    return { kind: 'refused', finding: makeFinding('syntax', { file }, { message, hint }), isFatal: true };
  }
  const { place: found, isBroken } = findPlace(error, source);
  const place = { file, ...found };
  const finding =
    code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
      ? makeFinding('typescript-syntax', place, { message: error.message, hint: ERASABLE_HINT })
      : makeFinding('syntax', place, { message: error.message });
  return { kind: 'refused', finding, isFatal: isBroken };
}

/**
 * Blank out the types of a module.
 *
 * Trust: the stripper is WebAssembly that a hostile source can break for the rest of its thread (5,000 `(`); call this only in a
 * thread made for one check.
 *
 * @param source - Text of the file.
 * @param file - Its name; `.js` is given back unchanged.
 */
export function stripTypes(source: string, file: string): Stripped {
  if (!file.endsWith('.ts')) return { kind: 'stripped', code: source };
  try {
    return { kind: 'stripped', code: stripTypeScriptTypes(source, { mode: 'strip' }) };
  } catch (error) {
    return toRefusal(error, source, file);
  }
}
