// Text that a guest wrote, made fit for logs and people: cut, escaped, and stripped of frames that are not the converter's.

import { cutToBytes, type FailMessage } from './channel.ts';
import type { LoadableConverter } from './job.ts';
import type { ErrorRecord, Place } from './outcome.ts';

/** Control characters but tab, line and paragraph separators, and characters that turn the direction of writing. */
const UNSAFE = /(?!\t)[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const FRAME = /^ {4}at (?:(?:async |new )?(.{0,200}?) \()?([^()\n]{1,1024}):(\d{1,9}):(\d{1,9})\)?$/;
const MAX_FRAMES = 50;
const MAX_STACK_LINES = 200;
const NO_PLACE: Place = { file: null, line: null, column: null };

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Cut guest text and escape what could fool a log or a terminal.
 *
 * @param text - From a guest.
 * @param maxBytes - UTF-8 bytes before escaping.
 */
export function toSafeText(text: string, maxBytes: number): string {
  return cutToBytes(text, maxBytes).toWellFormed().replace(UNSAFE, escaped);
}

type Frame = Place & { readonly text: string };
/** Lines of a converter's file; 0 for what is none of its files. */
type CountLines = (file: string) => number;

/** Trust: a stack may name a file of 1 MiB in each of its frames; it is read once. */
function makeLineCounter(files: ReadonlyMap<string, string>): CountLines {
  const counted = new Map<string, number>();
  return (file) => {
    const source = files.get(file);
    if (source === undefined) return 0;
    const lines = counted.get(file) ?? source.split('\n').length;
    counted.set(file, lines);
    return lines;
  };
}

function readFrame(line: string, countLines: CountLines): Frame | null {
  const match = FRAME.exec(line);
  if (match === null) return null;
  const file = match[2] ?? '';
  const [lineNumber, column] = [Number(match[3]), Number(match[4])];
  if (lineNumber < 1 || lineNumber > countLines(file) || column < 1) return null;
  const caller = match[1] === undefined ? '' : `${toSafeText(match[1], 200)} `;
  return { file, line: lineNumber, column, text: `    at ${caller}(${file}:${lineNumber}:${column})` };
}

/**
 * Make the record of an error: only frames of this converter's files, on lines that exist, are kept.
 *
 * @param failure - As the runner told it.
 * @param converter - Whose files frames may name.
 * @param limits - Bytes of message and stack.
 */
export function toErrorRecord(
  failure: Extract<FailMessage, { kind: 'failed' }>,
  converter: Pick<LoadableConverter, 'files'>,
  limits: { readonly errorText: number; readonly errorStack: number },
): ErrorRecord {
  const name = toSafeText(failure.name, Math.min(limits.errorText, 200));
  const message = toSafeText(failure.message, limits.errorText);
  const countLines = makeLineCounter(converter.files);
  const frames = cutToBytes(failure.stack, limits.errorStack)
    .split('\n', MAX_STACK_LINES)
    .map((line) => readFrame(line, countLines))
    .filter((frame) => frame !== null)
    .slice(0, MAX_FRAMES);
  const { file, line, column } = frames[0] ?? NO_PLACE;
  return { name, message, stack: frames.map((frame) => frame.text).join('\n'), file, line, column };
}
