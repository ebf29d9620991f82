// The demo's table: one row a file.

import Table from 'cli-table3';
import type { SubmitLine } from '../submit/result.ts';

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

function summary(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const parts = [...counts].map(([word, count]) => (words.length === 1 ? word : `${count} ${word}`));
  return parts.length === 0 ? '-' : parts.join(', ');
}

/**
 * Draw the table: file, converter, reports, outcome, state.
 *
 * @param lines - One per file.
 */
export function drawTable(lines: readonly SubmitLine[]): string {
  const table = new Table({
    head: ['file', 'converter', 'reports', 'outcome', 'state'],
    chars: PLAIN,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 1 },
  });
  for (const { file, converter, reports, state, error } of lines) {
    table.push([
      file,
      converter?.name ?? (state === 'converted' ? '(canonical)' : '-'),
      String(reports.length),
      summary(reports.map(({ outcome }) => outcome)),
      reports.length === 0
        ? `${state}${error === undefined ? '' : `: ${error.code}`}`
        : summary(reports.map((report) => report.state)),
    ]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
