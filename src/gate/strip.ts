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

// The place of an error stands only in its stack: the line, then a frame that quotes source, with a caret below. The frame is never
// shown; a source that looks like a frame can only misplace its own finding.
function readPlace(stack: string): { readonly line: number | null; readonly column: number | null } {
  const line = FIRST_LINE.exec(stack)?.[1];
  const indent = CARET_LINE.exec(stack)?.[1];
  return {
    line: line === undefined ? null : Number(line),
    column: line === undefined || indent === undefined ? null : indent.length + 1,
  };
}

function toRefusal(error: unknown, file: string): Stripped {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (
    !(error instanceof Error) ||
    (code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' && code !== 'ERR_INVALID_TYPESCRIPT_SYNTAX')
  ) {
    const message = 'the TypeScript parser broke on this file';
    const hint = 'look for an expression nested thousands of levels deep';
    return { kind: 'refused', finding: makeFinding('syntax', { file }, { message, hint }), isFatal: true };
  }
  const place = { file, ...readPlace(error.stack ?? '') };
  const finding =
    code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
      ? makeFinding('typescript-syntax', place, { message: error.message, hint: ERASABLE_HINT })
      : makeFinding('syntax', place, { message: error.message });
  return { kind: 'refused', finding, isFatal: false };
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
    return toRefusal(error, file);
  }
}
