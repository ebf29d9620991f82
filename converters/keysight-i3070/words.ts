// Codes of the log record format, and how its numbers and times are read.

import { BadInput, parseDate, parseNumber } from 'airlock/converter';
import type { LogRecord } from './records.ts';

type Outcome = 'passed' | 'failed' | 'error' | 'terminated' | 'done';
/** What a status code means. `word`: where the code says more than passed or failed. */
export type Status = { readonly outcome: Outcome; readonly word: string | null };

/** Codes of a board. Source: Keysight i3070, "Log Record Format", @BTEST. */
const BOARD: Readonly<Record<number, Status>> = {
  0: { outcome: 'passed', word: null },
  1: { outcome: 'failed', word: 'uncategorized' },
  2: { outcome: 'failed', word: 'pins' },
  3: { outcome: 'failed', word: 'learning' },
  4: { outcome: 'failed', word: 'shorts' },
  6: { outcome: 'failed', word: 'analog' },
  7: { outcome: 'failed', word: 'power supplies' },
  8: { outcome: 'failed', word: 'digital or boundary scan' },
  9: { outcome: 'failed', word: 'functional' },
  10: { outcome: 'failed', word: 'pre-shorts' },
  11: { outcome: 'failed', word: 'board handler' },
  12: { outcome: 'failed', word: 'bar code' },
  13: { outcome: 'done', word: "X'd out" },
  14: { outcome: 'failed', word: 'TestJet or VTEP' },
  15: { outcome: 'failed', word: 'polarity check' },
  16: { outcome: 'failed', word: 'ConnectCheck' },
  17: { outcome: 'failed', word: 'analog cluster' },
  80: { outcome: 'error', word: 'runtime error' },
  81: { outcome: 'terminated', word: 'aborted (STOP)' },
  82: { outcome: 'terminated', word: 'aborted (BREAK)' },
};

/** Codes of one test, whatever its kind: those that say more than 0 and 1. */
const TEST: Readonly<Record<number, Status>> = {
  0: { outcome: 'passed', word: null },
  1: { outcome: 'failed', word: null },
  2: { outcome: 'failed', word: 'compliance limit' },
  3: { outcome: 'failed', word: 'detector timeout' },
  5: { outcome: 'failed', word: 'CRC' },
  7: { outcome: 'failed', word: 'fatal' },
  8: { outcome: 'failed', word: 'chain integrity' },
  11: { outcome: 'terminated', word: 'aborted by the operator' },
  20: { outcome: 'passed', word: 'learning' },
};

/** Units of values, which the file does not write: of the record types that measure one quantity only. */
export const UNITS: Readonly<Record<string, string>> = {
  'A-CAP': 'F',
  'A-DIO': 'V',
  'A-IND': 'H',
  'A-JUM': 'Ohm',
  'A-POT': 'Ohm',
  'A-RES': 'Ohm',
  'A-ZEN': 'V',
};

function bad({ type, line }: LogRecord, message: string): never {
  throw new BadInput(`in {@${type.slice(0, 20)}: ${message}`, { line });
}

function readStatus(record: LogRecord, at: number, codes: Readonly<Record<number, Status>>): Status {
  const text = record.fields[at] ?? '';
  if (text === '') return { outcome: 'done', word: null };
  if (!/^\d{1,4}$/.test(text)) return bad(record, `"${text.slice(0, 50)}" is no status`);
  const { outcome = 'failed', word = null } = codes[Number(text)] ?? {};
  const isPlain = outcome === 'passed' || codes === TEST;
  return { outcome, word: word === null ? (isPlain && Number(text) < 2 ? null : text) : `${text} ${word}` };
}

/** Status of a board; a missing one is `done`. @throws {BadInput} for what is no code. */
export const readBoardStatus = (record: LogRecord, at: number): Status => readStatus(record, at, BOARD);

/** Status of a test or block. @throws {BadInput} for what is no code. */
export const readTestStatus = (record: LogRecord, at: number): Status => readStatus(record, at, TEST);

/**
 * A number of a record, as written.
 *
 * @param record - The record.
 * @param at - Index of the field.
 * @returns Null for a missing one.
 * @throws {BadInput} for what is no number.
 */
export function readNumberText(record: LogRecord, at: number): string | null {
  const text = record.fields[at] ?? '';
  if (text === '') return null;
  return parseNumber(text) === null ? bad(record, `"${text.slice(0, 50)}" is no number`) : text;
}

/** UTF-16 units that a name, a word or an identity may have. */
const LONGEST_SHORT = 8_192;

/** A field, or null where it is missing or blank. @throws {BadInput} for one over 8,192 characters. */
export function readField(record: LogRecord, at: number): string | null {
  const text = record.fields[at]?.trim() ?? '';
  if (text.length > LONGEST_SHORT)
    return bad(record, `a field has ${text.length} characters, at most ${LONGEST_SHORT}`);
  return text === '' ? null : text;
}

/** `yymmddhhmmss`; null where it is missing or no time (zeros are written where the tester has none). */
export function readTime(record: LogRecord, at: number, zone: string): string | null {
  const text = readField(record, at) ?? '';
  return /^\d{12}$/.test(text) ? parseDate(`20${text}`, 'yyyyMMddHHmmss', zone) : null;
}
