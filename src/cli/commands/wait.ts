// airlock wait: until the daemon is ready, or until nothing is left to do.

import type { Client } from '../../client/connect.ts';
import { AirlockError } from '../../core/errors.ts';
import { isDeliveryOpen, isSubmissionOpen, type DeliveryState, type SubmissionState } from '../../core/states.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { queueStats } from '../../protocol/methods/queue-stats.ts';
import type { Command } from '../context.ts';
import { connectWhenUp } from '../daemon-link.ts';

/** What to wait for, and how long. */
export type WaitArguments = { readonly until: 'ready' | 'drained'; readonly timeoutMs: number };

function expired({ until, timeoutMs }: WaitArguments, cause?: unknown): AirlockError {
  return new AirlockError('deadline_exceeded', `Cannot wait any longer: not ${until} after ${timeoutMs} ms`, { cause });
}

/** Nothing that changes by itself is left: waiting, suspended, held and dead things do not count. */
function isDrained({ submissions, deliveries }: ResultOf<typeof queueStats>): boolean {
  const busySubmission = Object.entries(submissions).some(
    ([state, count]) => count > 0 && isSubmissionOpen(state as SubmissionState),
  );
  const busyDelivery = Object.entries(deliveries).some(
    ([state, count]) => count > 0 && isDeliveryOpen(state as DeliveryState),
  );
  return !busySubmission && !busyDelivery;
}

async function waitDrained(client: Client, input: WaitArguments, signal: AbortSignal): Promise<void> {
  await using subscription = await client.subscribe(['submission', 'report']);
  const stop = (): void => void subscription[Symbol.asyncDispose]();
  signal.addEventListener('abort', stop, { once: true });
  if (isDrained(await client.call('queue/stats', {}))) return;
  for await (const _event of subscription) {
    if (isDrained(await client.call('queue/stats', {}))) return;
  }
  signal.throwIfAborted();
  throw expired(input);
}

/** Exit 0; 124 when the time is over. */
export const wait: Command<WaitArguments> = async (context, input) => {
  const timeout = AbortSignal.timeout(input.timeoutMs);
  await using client = await connectWhenUp(context, input);
  if (input.until === 'drained') {
    try {
      await waitDrained(client, input, AbortSignal.any([context.signal, timeout]));
    } catch (error) {
      if (timeout.aborted) throw expired(input, error);
      throw error;
    }
  }
  if (context.output.isJson) context.output.document({ [input.until]: true });
  context.output.line(input.until);
  return 0;
};
