// A subscription that outlives connections: a state first, then changes, resumed where it was left. Source: protocol.md 9.

import type { EventTopic } from '../protocol/events.ts';
import { makeAttachment } from './attachment.ts';
import type { CallDeps } from './calls.ts';
import { type AirlockEvent, type EventSnapshot, makeEventItems } from './event-items.ts';

/**
 * An open subscription; iterate it once. Disposal ends the iteration and tells the server; so does what the iteration throws.
 *
 * The iteration throws the AirlockError that the client ended with; `unavailable` (reason `slow_consumer`) when 10,000 events were not
 * taken; `internal` for an event that this version cannot read; what the daemon answered when it may not be resumed.
 */
export type Subscription<Topic extends EventTopic = EventTopic> = AsyncIterable<AirlockEvent<Topic>> &
  AsyncDisposable & {
    /** State by topic at the moment of subscribing. */
    readonly snapshot: EventSnapshot;
  };

/** Options of `subscribe`. */
export type SubscribeOptions = {
  /** Ends the subscription: the iteration throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until it is open; default 30,000. */
  readonly deadlineMs?: number | undefined;
  /** Hear of `status`, `progress` and `config` at most so often: the latest wins. */
  readonly minIntervalMs?: number | undefined;
};

/**
 * Subscribe, and stay so until disposed of, aborted, or the client ends.
 *
 * @throws {AirlockError} forbidden when the key may not hear of a topic; too_many_in_flight; else as `Client.call`.
 * @throws `signal.reason` when aborted.
 */
export async function openSubscription<Topic extends EventTopic>(
  deps: CallDeps,
  topics: readonly Topic[],
  { signal, deadlineMs, minIntervalMs }: SubscribeOptions,
): Promise<Subscription<Topic>> {
  const over = new AbortController();
  const items = makeEventItems<Topic>(() => void leave());
  const { queue } = items;
  const attachment = makeAttachment(deps, { params: { topics, minIntervalMs }, items });
  const { snapshot = {} } = await attachment.open({ signal, deadlineMs });
  void attachment.stayOpen().then((error) => error !== null && queue.fail(error));

  async function leave(): Promise<void> {
    over.abort();
    await attachment.release();
  }

  async function dispose(): Promise<void> {
    queue.stop();
    await leave();
  }

  function onAbort(): void {
    queue.abort(signal?.reason);
    void leave();
  }

  signal?.addEventListener('abort', onAbort, { once: true, signal: over.signal });
  // Race: aborted between the answer and here means that the listener is never called.
  if (signal?.aborted === true) onAbort();
  return {
    snapshot,
    [Symbol.asyncDispose]: dispose,
    [Symbol.asyncIterator]: () => ({
      next: queue.next,
      return: async () => {
        await dispose();
        return { done: true, value: undefined };
      },
    }),
  };
}
