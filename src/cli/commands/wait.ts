// airlock wait: until the daemon is ready, or until nothing is left to do.

import type { Client } from '../../client/connect.ts';
import type { AirlockEvent } from '../../client/event-items.ts';
import { AirlockError } from '../../core/errors.ts';
import { DELIVERY_STATES, isDeliveryOpen, isSubmissionOpen, SUBMISSION_STATES } from '../../core/states.ts';
import type { Command } from '../context.ts';
import { connectWhenUp } from '../daemon-link.ts';
import { lookOnChange } from '../look-on-change.ts';

/** What to wait for, and how long. */
export type WaitArguments = { readonly until: 'ready' | 'drained'; readonly timeoutMs: number };

function expired({ until, timeoutMs }: WaitArguments, cause?: unknown): AirlockError {
  return new AirlockError('deadline_exceeded', `Cannot wait any longer: not ${until} after ${timeoutMs} ms`, { cause });
}

type Counts = Readonly<Record<string, number>>;

const countOpen = (deliveries: Counts): number =>
  DELIVERY_STATES.reduce((sum, state) => sum + (isDeliveryOpen(state) ? (deliveries[state] ?? 0) : 0), 0);

/** Is anything bound for a destination that takes reports, or will by itself? */
async function isAnyServed(client: Pick<Client, 'call'>, signal: AbortSignal): Promise<boolean> {
  const { items } = await client.call('destination/list', {}, { signal });
  return items.some(({ state, deliveries }) => (state === 'up' || state === 'waiting') && countOpen(deliveries) > 0);
}

/** Nothing that changes by itself is left: what waits, is suspended, held, dead or paused does not count. */
async function isDrained(client: Pick<Client, 'call'>, signal: AbortSignal): Promise<boolean> {
  const { submissions, deliveries, paused } = await client.call('queue/stats', {}, { signal });
  const isConverting = SUBMISSION_STATES.some((state) => isSubmissionOpen(state) && (submissions[state] ?? 0) > 0);
  if (isConverting || (deliveries['inflight'] ?? 0) > 0) return false;
  if (countOpen(deliveries) === 0 || paused.since !== null) return true;
  return !(await isAnyServed(client, signal));
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
  const look = (): Promise<boolean> => isDrained(client, signal);
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
