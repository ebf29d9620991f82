// Subscriptions of one connection: a state first, then changes, as an async iterable. Source: protocol.md 9.

import { AirlockError } from '../core/errors.ts';
import type { JsonObject } from '../link/json-body.ts';
import {
  eventNotificationSchema,
  laggedNotificationSchema,
  type ReportEvent,
  reportEventSchema,
  type SubmissionEvent,
  submissionEventSchema,
} from '../protocol/events.ts';

type Lagged = Extract<AirlockEvent, { topic: 'lagged' }>;
type Numbered = { readonly seq: number; readonly cursor: string };

/**
 * One change. `seq` goes up by one within a subscription.
 *
 * `lagged`: this side did not read fast enough, and the changes `from` … `seq` were left out; ask for the state anew.
 */
export type AirlockEvent =
  | (Numbered & { readonly topic: 'submission'; readonly data: SubmissionEvent })
  | (Numbered & { readonly topic: 'report'; readonly data: ReportEvent })
  | { readonly topic: 'lagged'; readonly from: number; readonly seq: number };

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

const malformed = (reason: string): AirlockError =>
  new AirlockError('unavailable', `Cannot go on with the connection: ${reason}`, {
    data: { reason: 'protocol_error' },
  });

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

function parseLagged(params: JsonObject): { readonly subscription: string; readonly event: Lagged } | null {
  const parsed = laggedNotificationSchema.safeParse(params);
  if (!parsed.success) return null;
  const { subscription, from, to } = parsed.data;
  return { subscription, event: { topic: 'lagged', from, seq: to } };
}

type OpenedSubscription = {
  readonly subscription: string;
  readonly seq: number;
  readonly snapshot?: Record<string, unknown> | undefined;
};

/** The subscriptions of one connection. */
export type Subscriptions = {
  /** Open one; call it before any later message is read, so that no event is missed. */
  readonly open: (opened: OpenedSubscription) => Subscription;
  /**
   * Hand the params of a notification `event` or `event/lagged` to its subscription.
   *
   * @throws {AirlockError} unavailable when it is malformed, or an event is missing before it.
   */
  readonly deliver: (method: string, params: JsonObject) => void;
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
  const lastSeqs = new Map<string, number>();

  function open({ subscription, seq, snapshot = {} }: OpenedSubscription): Subscription {
    const queue = makeQueue();
    queues.set(subscription, queue);
    lastSeqs.set(subscription, seq);
    async function dispose(): Promise<void> {
      queue.stop();
      lastSeqs.delete(subscription);
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

  function deliver(method: string, params: JsonObject): void {
    const parsed = method === 'event' ? parseEvent(params) : parseLagged(params);
    if (parsed === null) throw malformed('the server sent a malformed event');
    const { subscription, event } = parsed;
    const lastSeq = lastSeqs.get(subscription);
    // An event of a subscription that was just ended may still be on its way.
    if (lastSeq === undefined) return;
    const from = event.topic === 'lagged' ? event.from : event.seq;
    if (from !== lastSeq + 1 || event.seq < from) throw malformed(`event ${from} came after event ${lastSeq}`);
    lastSeqs.set(subscription, event.seq);
    queues.get(subscription)?.push(event);
  }

  return {
    open,
    deliver,
    fail: (error) => {
      for (const queue of queues.values()) queue.fail(error);
      queues.clear();
      lastSeqs.clear();
    },
  };
}
