// Follows submissions to their end: one subscription, never a poll.

import type { Client } from '../../client/connect.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { submissionGet } from '../../protocol/methods/submission-get.ts';
import { endOf } from './result.ts';

type Submission = ResultOf<typeof submissionGet>;

/** Follows what it is told to watch. Dispose to end the subscription. */
export type Follower = AsyncDisposable & {
  /**
   * Wait until every one of these has come to an end, or the signal aborts.
   *
   * @param submissionIds - Taken in after the follower was opened.
   * @param options - `signal` ends the wait early, without an error; `onChange` is told each new state.
   * @returns The newest state of each, in the order given.
   */
  readonly wait: (
    submissionIds: readonly string[],
    options: { readonly signal: AbortSignal; readonly onChange?: (submission: Submission) => void },
  ) => Promise<ReadonlyMap<string, Submission>>;
};

/**
 * Subscribe; call it before the files are sent, so that no change is missed.
 *
 * @param client - A connection with `submit` or `read`.
 */
export async function openFollower(client: Pick<Client, 'call' | 'subscribe'>): Promise<Follower> {
  const subscription = await client.subscribe(['submission', 'report']);
  return {
    wait: async (submissionIds, { signal, onChange }) => {
      const newest = new Map<string, Submission>();
      const open = new Set(submissionIds);
      const refresh = async (submissionId: string): Promise<void> => {
        const submission = await client.call('submission/get', { submissionId });
        newest.set(submissionId, submission);
        onChange?.(submission);
        if (endOf(submission) !== 'open') open.delete(submissionId);
      };
      for (const submissionId of submissionIds) await refresh(submissionId);
      const stop = (): void => void subscription[Symbol.asyncDispose]();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        if (open.size === 0) return newest;
        // Order: the first look above came after the subscription, so every later change arrives here.
        for await (const { data } of subscription) {
          if (open.has(data.submissionId)) await refresh(data.submissionId);
          if (open.size === 0) break;
        }
        return newest;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose](),
  };
}
