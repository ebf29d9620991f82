// What became of the things that a person selected, as every such command tells it.

import { EXIT_PARTIAL } from '../core/errors.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { queueRetry } from '../protocol/methods/queue-retry.ts';
import type { Output } from './output.ts';

/** What it came to. */
export type SelectedResult = ResultOf<typeof queueRetry>;

/**
 * Tell what it came to.
 *
 * @param words - `what` in the plural; `done` follows "are" and, for a dry run, "would be".
 * @returns 0; 2 when some of what was named stays as it is, 1 when all of it does.
 */
export function tellSelected(
  output: Output,
  result: SelectedResult,
  { what, done }: { readonly what: string; readonly done: string },
): number {
  const { count, dryRun, skipped } = result;
  if (output.isJson) output.document(result);
  output.line(`${count} ${what} ${dryRun ? 'would be' : 'are'} ${done}`);
  for (const { id, reason } of skipped) output.line(`left as it is: ${id} (${reason})`);
  if (skipped.length === 0) return 0;
  return count > 0 ? EXIT_PARTIAL : 1;
}
