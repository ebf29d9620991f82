// Subscriptions of one connection: a state first, then changes, as an async iterable. Source: protocol.md 9.

import { AirlockError } from '../core/errors.ts';
import type { JsonObject } from '../link/json-body.ts';
import {
  eventNotificationSchema,
  type ReportEvent,
  reportEventSchema,
  type SubmissionEvent,
  submissionEventSchema,
} from '../protocol/events.ts';

type Numbered = { readonly seq: number; readonly cursor: string };

/** One change. `seq` goes up by one within a subscription. */
export type AirlockEvent =
  | (Numbered & { readonly topic: 'submission'; readonly data: SubmissionEvent })
  | (Numbered & { readonly topic: 'report'; readonly data: ReportEvent });

/**
 * An open subscription; iterate it once. Disposal ends the iteration and tells the server. A lost connection, or 10,000 events
 * that nobody took, end the iteration with an AirlockError `unavailable`.
 */
export type Subscription = AsyncIterable<AirlockEvent> &
  AsyncDisposable & {
    /** State by topic at the moment of subscribing. */
    readonly snapshot: Readonly<Record<string, unknown>>;
  };

/** Events of one subscription that were not taken yet. */
type Queue = {
  readonly push: (event: AirlockEvent) => void;
  /** No event comes after this; those that are there are still taken, then `error` is thrown. */
  readonly fail: (error: AirlockError) => void;
  /** End now, and forget what is there. */
  readonly stop: () => void;
  readonly next: () => Promise<IteratorResult<AirlockEvent, undefined>>;
};

/** Events that one subscription keeps for a consumer that does not take them. */
const MAX_BUFFERED_EVENTS = 10_000;

const done = { done: true, value: undefined } as const;

function overflow(): AirlockError {
  const message = `Cannot go on with the subscription: ${MAX_BUFFERED_EVENTS} events were not taken`;
  return new AirlockError('unavailable', message, { data: { reason: 'slow_consumer', limit: MAX_BUFFERED_EVENTS } });
}

function makeQueue(): Queue {
  let events: AirlockEvent[] = [];
  let state: { readonly kind: 'open' | 'stopped' } | { readonly kind: 'failed'; readonly error: AirlockError } = {
    kind: 'open',
  };
  let changed = Promise.withResolvers<void>();

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  function fail(error: AirlockError): void {
    if (state.kind === 'open') state = { kind: 'failed', error };
    wake();
  }

  async function next(): Promise<IteratorResult<AirlockEvent, undefined>> {
    while (events.length === 0 && state.kind === 'open') await changed.promise;
    const value = events.shift();
    if (value !== undefined) return { done: false, value };
    const ended = state;
    state = { kind: 'stopped' };
    if (ended.kind === 'failed') throw ended.error;
    return done;
  }

  return {
    next,
    fail,
    stop: () => {
      events = [];
      state = { kind: 'stopped' };
      wake();
    },
    push: (event) => {
      if (state.kind !== 'open') return;
      if (events.length >= MAX_BUFFERED_EVENTS) return fail(overflow());
      events.push(event);
      wake();
    },
  };
}

function parseEvent(params: JsonObject): { readonly subscription: string; readonly event: AirlockEvent } | null {
  const parsed = eventNotificationSchema.safeParse(params);
  if (!parsed.success) return null;
  const { subscription, seq, cursor, topic } = parsed.data;
  const data = topic === 'submission' ? submissionEventSchema.safeParse(parsed.data.data) : null;
  if (data?.success) return { subscription, event: { seq, cursor, topic: 'submission', data: data.data } };
  const report = topic === 'report' ? reportEventSchema.safeParse(parsed.data.data) : null;
  return report?.success ? { subscription, event: { seq, cursor, topic: 'report', data: report.data } } : null;
}

type OpenedSubscription = {
  readonly subscription: string;
  readonly snapshot?: Record<string, unknown> | undefined;
};

/** The subscriptions of one connection. */
export type Subscriptions = {
  /** Open one; call it before any later message is read, so that no event is missed. */
  readonly open: (opened: OpenedSubscription) => Subscription;
  /**
   * Hand the params of a notification `event` to its subscription.
   *
   * @throws {AirlockError} unavailable when it is malformed.
   */
  readonly deliver: (params: JsonObject) => void;
  /** The connection is gone: each ends with this error once its events are taken. */
  readonly fail: (error: AirlockError) => void;
};

/**
 * Make an empty set of subscriptions.
 *
 * @param unsubscribe - Tell the server; must not throw.
 */
export function makeSubscriptions(unsubscribe: (subscription: string) => Promise<void>): Subscriptions {
  const queues = new Map<string, Queue>();

  function open({ subscription, snapshot = {} }: OpenedSubscription): Subscription {
    const queue = makeQueue();
    queues.set(subscription, queue);
    async function dispose(): Promise<void> {
      queue.stop();
      if (queues.delete(subscription)) await unsubscribe(subscription);
    }
    return {
      snapshot,
      [Symbol.asyncDispose]: dispose,
      [Symbol.asyncIterator]: () => ({
        next: queue.next,
        return: async () => {
          await dispose();
          return done;
        },
      }),
    };
  }

  function deliver(params: JsonObject): void {
    const parsed = parseEvent(params);
    if (parsed === null) {
      throw new AirlockError('unavailable', 'Cannot go on with the connection: the server sent a malformed event');
    }
    // An event of a subscription that was just ended may still be on its way.
    queues.get(parsed.subscription)?.push(parsed.event);
  }

  return {
    open,
    deliver,
    fail: (error) => {
      for (const queue of queues.values()) queue.fail(error);
      queues.clear();
    },
  };
}
