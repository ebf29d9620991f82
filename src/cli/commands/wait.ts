// airlock wait: until the daemon is ready, or until nothing is left to do.

import type { Client } from '../../client/connect.ts';
import type { AirlockEvent } from '../../client/event-items.ts';
import { AirlockError } from '../../core/errors.ts';
import { DELIVERY_STATES, isDeliveryOpen, isSubmissionOpen, SUBMISSION_STATES } from '../../core/states.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { queueStats } from '../../protocol/methods/queue-stats.ts';
import type { Command } from '../context.ts';
import { connectWhenUp } from '../daemon-link.ts';
import { lookOnChange } from '../look-on-change.ts';

/** What to wait for, and how long. */
export type WaitArguments = { readonly until: 'ready' | 'drained'; readonly timeoutMs: number };

function expired({ until, timeoutMs }: WaitArguments, cause?: unknown): AirlockError {
  return new AirlockError('deadline_exceeded', `Cannot wait any longer: not ${until} after ${timeoutMs} ms`, { cause });
}

/** Nothing that changes by itself is left: waiting, suspended, held and dead things do not count. */
function isDrained({ submissions, deliveries }: ResultOf<typeof queueStats>): boolean {
  const isBusy =
    SUBMISSION_STATES.some((state) => isSubmissionOpen(state) && (submissions[state] ?? 0) > 0) ||
    DELIVERY_STATES.some((state) => isDeliveryOpen(state) && (deliveries[state] ?? 0) > 0);
  return !isBusy;
}

/** Only a change to what is not left by itself can be the last one. */
function mayBeLast(event: AirlockEvent): boolean {
  if (event.topic === 'submission') return !isSubmissionOpen(event.data.state);
  return event.topic !== 'report' || !isDeliveryOpen(event.data.state);
}

/**
 * Wait until nothing is left to do.
 *
 * @throws {AirlockError} deadline_exceeded when the subscription ends before that.
 * @throws `signal.reason` when aborted.
 */
export async function waitDrained(
  client: Pick<Client, 'call' | 'subscribe'>,
  input: WaitArguments,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  await using subscription = await client.subscribe(['submission', 'report'], { signal });
  const stop = (): void => void subscription[Symbol.asyncDispose]();
  signal.addEventListener('abort', stop, { once: true });
  // Race: aborted before there was a listener means that the listener is never called.
  signal.throwIfAborted();
  const look = async (): Promise<boolean> => isDrained(await client.call('queue/stats', {}, { signal }));
  if (await lookOnChange(subscription, { notice: mayBeLast, look })) return;
  signal.throwIfAborted();
  throw expired(input);
}

/** Exit 0; 124 when the time is over. */
export const wait: Command<WaitArguments> = async (context, input) => {
  const timeout = AbortSignal.timeout(input.timeoutMs);
  await using client = await connectWhenUp(context, input);
  if (input.until === 'drained') {
    try {
      await waitDrained(client, input, { signal: AbortSignal.any([context.signal, timeout]) });
    } catch (error) {
      if (timeout.aborted) throw expired(input, error);
      throw error;
    }
  }
  if (context.output.isJson) context.output.document({ [input.until]: true });
  context.output.line(input.until);
  return 0;
};
