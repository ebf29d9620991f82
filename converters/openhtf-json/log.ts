// The log of a test as a text file.

import { type Fields, readList, readObject, readText, readTime } from './read.ts';

/** Longest log, in UTF-16 units. */
const LONGEST_LOG = 1024 ** 2;
/** Levels of Python's logging. */
const LEVELS: Readonly<Record<string, string>> = {
  10: 'DEBUG',
  20: 'INFO',
  30: 'WARNING',
  40: 'ERROR',
  50: 'CRITICAL',
};

function toLine(value: unknown): string {
  const { timestamp_millis: millis, level, logger_name: logger, source, lineno, message } = readObject(value);
  const number = readText(level) ?? '';
  const word = Object.hasOwn(LEVELS, number) ? LEVELS[number] : number;
  const place = [readText(source), readText(lineno)].filter((part) => part !== null).join(':');
  const text = typeof message === 'string' ? message : (readText(message) ?? '');
  return [readTime(millis) ?? '-', word, readText(logger) ?? '-', place === '' ? '-' : place, text].join(' ');
}

/**
 * Lines of the log: time, level, logger, place, message.
 *
 * @param record - The test record.
 * @param warn - Told when it is cut.
 * @returns Null without a log.
 */
export function writeLog(record: Fields, warn: (warning: string) => void): string | null {
  const records = readList(record['log_records']);
  if (records.length === 0) return null;
  const lines: string[] = [];
  let length = 0;
  for (const line of records.map(toLine)) {
    length += line.length + 1;
    if (length > LONGEST_LOG) {
      warn(`log.txt: cut after ${lines.length} of ${records.length} records`);
      break;
    }
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}
