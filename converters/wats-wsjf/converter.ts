// WSJF to canonical reports: one document, a list, or one document a line.

import { BadInput, defineConverter, isExactNumber, SkipFile } from 'airlock/converter';
import { type Fields, isTooDeep, readInteger, readObject, readText } from './read.ts';
import { addReport, type Gaps } from './report.ts';

/** One document of the file. `line` where each line is one. */
type Item = { readonly value: unknown; readonly line: number | null };

const MOST_REPORTS = 1_000;

/** A value with more digits than a number holds stays text, so that no digit is lost. */
function keepDigits(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (key !== 'value' || typeof value !== 'number' || context?.source === undefined) return value;
  return isExactNumber(context.source) ? value : context.source;
}

function parse(text: string): unknown {
  return /\d{16}|\d\.\d{15}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function tryParse(text: string, line: number | null): Item {
  try {
    return { value: parse(text), line };
  } catch (error) {
    const words = error instanceof Error ? error.message : '';
    const position = /line (\d{1,9}) column (\d{1,9})/.exec(words);
    const place = position === null ? { line } : { line: line ?? Number(position[1]), column: Number(position[2]) };
    throw new BadInput('the file is no JSON', place);
  }
}

function isOnePerLine(lines: readonly string[]): boolean {
  const [first = '', second] = lines.filter((line) => line.trim() !== '').slice(0, 2);
  if (second === undefined || !first.trim().startsWith('{')) return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    // A document over several lines.
    return false;
  }
}

function readItems(text: string): readonly Item[] {
  const lines = text.split('\n');
  if (isOnePerLine(lines)) {
    return lines.flatMap((line, index) => (line.trim() === '' ? [] : [tryParse(line, index + 1)]));
  }
  const { value } = tryParse(text, null);
  return Array.isArray(value) ? value.map((item: unknown) => ({ value: item, line: null })) : [{ value, line: null }];
}

function assertReport({ value, line }: Item): Fields {
  if (isTooDeep(value)) throw new BadInput('a report has more than 500 lists and objects inside each other', { line });
  const fields = readObject(value);
  if ('root' in fields || 'uut' in fields || 'uur' in fields || 'machineName' in fields) return fields;
  throw new BadInput('this is no WSJF report: it has neither "root" nor "uut", "uur" or "machineName"', { line });
}

function readGaps(given: Readonly<Record<string, unknown>>): Gaps {
  return {
    partNumber: readText(given['partNumber']),
    serialNumber: readText(given['serialNumber']),
    revision: readText(given['revision']),
    process: readInteger(given['process']),
    timeZone: readText(given['timeZone']) ?? 'UTC',
  };
}

export default defineConverter({
  probe(head) {
    return head.text.includes('"machineName"') && head.text.includes('"processCode"') ? 0.9 : 0;
  },
  convert(input, reports, context) {
    const items = readItems(input.text());
    if (items.length === 0) throw new SkipFile('the list of reports is empty');
    if (items.length > MOST_REPORTS) throw new BadInput(`${items.length} reports in one file, at most ${MOST_REPORTS}`);
    const gaps = readGaps(context.arguments);
    // Order: all are checked before the first is reported, so that the message names the one that is wrong.
    for (const fields of items.map(assertReport)) addReport(fields, reports, gaps);
  },
});
