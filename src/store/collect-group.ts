// Which of the calls that wait go into the next group: all that arrived meanwhile, up to a number and a size.

import type { ToStore } from './messages.ts';
import type { StoreRequest } from './operations.ts';
import { inlineBytes } from './placed.ts';
import { attachedBytes } from './transfer.ts';

/** Calls in one group at most. Source: queue.md 2. */
export const GROUP_REQUESTS = 256;
/** Bytes in one group before no further call joins it. Source: queue.md 2. */
export const GROUP_BYTES = 8 * 1024 ** 2;

/** One group. `isLast`: nothing comes after it, the store is to be closed. */
export type CollectedGroup = { readonly requests: readonly StoreRequest[]; readonly isLast: boolean };

function sizeOf(request: StoreRequest): number {
  if (request.method === 'accept') return inlineBytes(request.args[0]);
  if (request.method !== 'endSubmission') return 0;
  const [, end] = request.args;
  const bodies = end.state === 'converted' ? end.reports.reduce((sum, { body }) => sum + body.length, 0) : 0;
  return bodies + attachedBytes(end);
}

/**
 * Collect a group. Everything that arrived while the last commit ran is there already: no timer, no waiting for more.
 *
 * @param first - What woke the thread.
 * @param next - Takes the next message that waits; undefined when there is none.
 */
export function collectGroup(first: ToStore, next: () => ToStore | undefined): CollectedGroup {
  const requests: StoreRequest[] = [];
  let bytes = 0;
  for (let message: ToStore | undefined = first; message !== undefined; message = next()) {
    if (message.kind === 'close') return { requests, isLast: true };
    requests.push(message.request);
    bytes += sizeOf(message.request);
    if (requests.length >= GROUP_REQUESTS || bytes >= GROUP_BYTES) break;
  }
  return { requests, isLast: false };
}
