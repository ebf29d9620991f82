// Many things by hand: batch after batch, so that no transaction is long and no connection is blocked.

import type { HandOutcome } from '../store/queue-types.ts';

/** What all batches came to. */
export type HandSum = Pick<HandOutcome, 'count' | 'skipped'>;

/**
 * Go through a filter from its beginning to its end.
 *
 * @param doBatch - Does one batch behind this place; 0 at first.
 * @param options - `signal` ends it between two batches; what is done stays done.
 * Rejects with `signal.reason` when aborted.
 */
export async function inBatches(
  doBatch: (after: number) => Promise<HandOutcome>,
  { signal }: { readonly signal: AbortSignal },
): Promise<HandSum> {
  let count = 0;
  for (let after: number | null = 0; after !== null; ) {
    signal.throwIfAborted();
    const outcome: HandOutcome = await doBatch(after);
    count += outcome.count;
    after = outcome.next;
  }
  return { count, skipped: [] };
}
