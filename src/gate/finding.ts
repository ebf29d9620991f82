// How the gate writes a finding: bounded, printable, with a place and a way out.

import type { Finding } from '../core/findings.ts';

/** Findings of one check beyond which the gate stops looking. */
export const MAX_FINDINGS = 100;

const MAX_TEXT = 500;
// C0, C1, and the characters that turn the direction of text: a file name or a specifier must not repaint a terminal.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A place in a file of the converter; `line` and `column` count from 1, null where there is none. */
export type FindingPlace = {
  readonly file: string | null;
  readonly line?: number | null;
  readonly column?: number | null;
  /** Key path in the manifest, dot separated. */
  readonly path?: string;
};

/** What a rule has to say. `hint` names the way out. */
export type FindingText = {
  readonly message: string;
  readonly hint?: string | undefined;
  /** Default `error`. */
  readonly severity?: 'warning' | undefined;
};

function toPrintable(text: string): string {
  const escaped = text.replaceAll(UNPRINTABLE, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
  return escaped.length <= MAX_TEXT ? escaped : `${escaped.slice(0, MAX_TEXT)}…`;
}

/**
 * Make a finding. Trust: file names and texts may come from the converter; they are escaped and cut here.
 *
 * @param code - Rule id, e.g. `no-node-builtin`.
 * @param place - Where.
 * @param text - Message and hint.
 */
export function makeFinding(code: string, place: FindingPlace, { message, hint, severity }: FindingText): Finding {
  return {
    severity: severity ?? 'error',
    code,
    path: toPrintable(place.path ?? ''),
    file: place.file === null ? null : toPrintable(place.file),
    line: place.line ?? null,
    column: place.column ?? null,
    message: toPrintable(message),
    ...(hint === undefined ? {} : { suggestion: toPrintable(hint) }),
  };
}
