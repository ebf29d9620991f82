// One line of `submit` for people or programs.

import { type Output, toPrintableLine } from '../output.ts';
import type { SubmitLine } from './result.ts';

function styleOf(state: string): 'green' | 'red' | 'yellow' {
  if (state === 'converted' || state === 'skipped' || state === 'received' || state === 'delivered') return 'green';
  return ['refused', 'rejected', 'failed', 'stopped', 'crashed', 'quarantined', 'dead', 'corrupt'].includes(state)
    ? 'red'
    : 'yellow';
}

/**
 * Print what became of one file.
 *
 * @param output - Where to.
 * @param line - The file's line.
 */
export function printSubmitLine(output: Output, line: SubmitLine): void {
  if (output.isJson) return output.document(line);
  const converter = line.converter === null ? '' : ` by ${line.converter.name} ${line.converter.version}`;
  output.line(
    `${toPrintableLine(line.file)}: ${output.style(styleOf(line.state), line.state)}${converter} ${line.submissionId ?? ''}`.trimEnd(),
  );
  if (line.duplicate === true) output.line('  taken in before under the same idempotency key');
  for (const report of line.reports) {
    const where = report.destination === null ? 'matched no destination' : `${report.state} to ${report.destination}`;
    output.line(`  report ${report.id} ${report.outcome}, ${where}`);
  }
  for (const warning of line.warnings) output.line(`  warning: ${toPrintableLine(warning)}`);
  if (line.error !== undefined) output.line(`  ${line.error.code}: ${toPrintableLine(line.error.message)}`);
}
