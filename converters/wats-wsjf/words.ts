// Words and letters of WSJF. Everything is read without regard to case.

import { parseDate } from 'airlock/converter';
import { readText } from './read.ts';

type Outcome = 'passed' | 'failed' | 'error' | 'terminated' | 'done';

const OUTCOMES: Readonly<Record<string, Outcome | 'skipped'>> = {
  p: 'passed',
  pass: 'passed',
  passed: 'passed',
  ok: 'passed',
  success: 'passed',
  f: 'failed',
  fail: 'failed',
  failed: 'failed',
  ng: 'failed',
  d: 'done',
  done: 'done',
  complete: 'done',
  e: 'error',
  err: 'error',
  error: 'error',
  t: 'terminated',
  abort: 'terminated',
  terminated: 'terminated',
  s: 'skipped',
  skip: 'skipped',
  skipped: 'skipped',
};

/** Outcome of a step or measurement; the server's default is passed. */
export function readStatus(value: unknown): Outcome | 'skipped' {
  const word = readText(value)?.trim().toLowerCase() ?? 'p';
  return Object.hasOwn(OUTCOMES, word) ? (OUTCOMES[word] ?? 'done') : 'done';
}

/** Outcome of a report: nothing skips a whole one. */
export function readResult(value: unknown): Outcome {
  const status = readStatus(value);
  return status === 'skipped' ? 'done' : status;
}

/** Is this the type of a repair report? */
export function isRepair(value: unknown): boolean {
  return ['r', 'uur', 'repair'].includes(readText(value)?.trim().toLowerCase() ?? 't');
}

/** Group of a step. */
export function readGroup(value: unknown): 'setup' | 'main' | 'cleanup' {
  const letter = readText(value)?.trim().charAt(0).toLowerCase();
  if (letter === 's') return 'setup';
  return letter === 'c' ? 'cleanup' : 'main';
}

/** Reads times; notes once when a zone had to be assumed. */
export type TimeReader = (value: unknown) => string | null;

/**
 * A reader of times.
 *
 * @param zone - For times without one.
 * @param onAssumed - Called for each of them.
 */
export function makeTimeReader(zone: string, onAssumed: () => void): TimeReader {
  return (value) => {
    const text = readText(value)?.trim();
    if (text === undefined) return null;
    const time = parseDate(text, 'iso', zone);
    if (time !== null && !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(text)) onAssumed();
    return time;
  };
}
