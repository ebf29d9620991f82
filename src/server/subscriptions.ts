// The subscriptions of one connection: state first, then changes, nothing lost and nothing told twice between the two.
//
//   opening (changes are buffered) ──snapshot──► answered? ──yes──► live (changes are sent at once)
//                                                   └───no───► closed

import { AirlockError } from '../core/errors.ts';
import type { Caller, SubscriptionPort } from '../protocol/handler.ts';
import type { EventTopic } from '../protocol/events.ts';
import { hasScope } from '../core/scopes.ts';
import type { ServerChange, ServerEvents } from './server-events.ts';

/** Changes kept while a snapshot is taken; more means the store is far too busy to begin now. */
const MAX_BUFFERED_CHANGES = 10_000;
const RETRY_AFTER_MS = 1000;

/** What {@link makeSubscriptions} needs. */
export type SubscriptionsDeps = {
  readonly events: ServerEvents;
  readonly bootId: string;
  readonly caller: Caller;
  /** Is so much unsent that an event is left out, and said to be, rather than kept? */
  readonly isBehind: () => boolean;
  /** Send `event` or `event/lagged`. */
  readonly notify: (method: string, params: unknown) => void;
};

/** The port of one call. Until the call is settled its subscriptions only collect. */
export type CallSubscriptions = {
  readonly port: SubscriptionPort;
  /** Say how the call ended, right after its answer was sent: what it opened goes live, or is closed if it failed. */
  readonly settle: (isAnswered: boolean) => void;
};

/** All subscriptions of one connection. Disposal ends them. */
export type Subscriptions = Disposable & {
  readonly forCall: () => CallSubscriptions;
  readonly count: () => number;
  /** What was sent has left: tell who lags what was left out. */
  readonly catchUp: () => void;
};

type Subscription = Disposable & {
  readonly id: string;
  /** Forget what the snapshot holds already. */
  readonly startFrom: (asOfChange: number) => void;
  /** Send what was collected, and from now on each change as it comes. */
  readonly goLive: () => void;
  readonly hasOverflowed: () => boolean;
  /** Say which events were left out, if any; what comes from now on is sent. */
  readonly catchUp: () => void;
};

function startSubscription(deps: SubscriptionsDeps, id: string, topics: readonly EventTopic[]): Subscription {
  const ownOnly = hasScope(deps.caller.scopes, 'read') ? null : deps.caller.kid;
  let waiting: ServerChange[] | null = [];
  let after = -1;
  let hasOverflowed = false;
  let seq = 0;
  let laggedFrom: number | null = null;

  function send({ changeSeq, topic, data }: ServerChange): void {
    if (changeSeq <= after) return;
    seq += 1;
    // Invariant: once one is left out, all are until that is said: a gap never has an event in it.
    if (laggedFrom !== null || deps.isBehind()) laggedFrom ??= seq;
    else deps.notify('event', { subscription: id, seq, cursor: String(changeSeq), topic, data });
  }

  function catchUp(): void {
    if (laggedFrom === null) return;
    deps.notify('event/lagged', { subscription: id, from: laggedFrom, to: seq });
    laggedFrom = null;
  }
  const listening = deps.events.source.subscribe((change) => {
    if (!topics.includes(change.topic) || (ownOnly !== null && change.kid !== ownOnly)) return;
    if (waiting === null) return send(change);
    if (waiting.length < MAX_BUFFERED_CHANGES) waiting.push(change);
    else hasOverflowed = true;
  });
  return {
    id,
    startFrom: (asOfChange) => {
      after = asOfChange;
    },
    goLive: () => {
      const collected = waiting ?? [];
      waiting = null;
      collected.forEach(send);
    },
    hasOverflowed: () => hasOverflowed,
    catchUp,
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}

function tooMany(limit: number): AirlockError {
  const message = `Cannot open subscription: this connection holds ${limit}, the most it may`;
  return new AirlockError('too_many_in_flight', message, { data: { limit, retryAfterMs: RETRY_AFTER_MS } });
}

function tooBusy(): AirlockError {
  const message = 'Cannot open subscription: too many changes while its first state was read';
  return new AirlockError('unavailable', message, { data: { reason: 'busy', retryAfterMs: RETRY_AFTER_MS } });
}

function tooLate(): AirlockError {
  return new AirlockError('cancelled', 'Cannot open subscription: its call was answered before');
}

/**
 * Make the subscriptions of one connection.
 *
 * A key without `read` sees its own submissions only.
 *
 * @param limit - How many may be open at once.
 */
export function makeSubscriptions(deps: SubscriptionsDeps, { limit }: { readonly limit: number }): Subscriptions {
  const open = new Map<string, Subscription>();
  const viewer = { kid: hasScope(deps.caller.scopes, 'read') ? null : deps.caller.kid };
  let lastId = 0;

  function close(id: string): boolean {
    open.get(id)?.[Symbol.dispose]();
    return open.delete(id);
  }

  async function openOne(topics: readonly EventTopic[], opened: Set<string>) {
    if (open.size >= limit) throw tooMany(limit);
    lastId += 1;
    // Order: listen before the snapshot is asked for, so that no change falls between the two.
    const subscription = startSubscription(deps, String(lastId), topics);
    open.set(subscription.id, subscription);
    opened.add(subscription.id);
    const snapshot = await deps.events.snapshot(viewer, topics);
    if (subscription.hasOverflowed()) throw tooBusy();
    subscription.startFrom(snapshot.asOfChange);
    const { id } = subscription;
    const cursor = String(snapshot.asOfChange);
    return { subscription: id, bootId: deps.bootId, seq: 0, cursor, resumed: false, snapshot: snapshot.topics };
  }

  function forCall(): CallSubscriptions {
    const opened = new Set<string>();
    let isSettled = false;
    return {
      port: {
        open: (topics) => (isSettled ? Promise.reject(tooLate()) : openOne(topics, opened)),
        close,
      },
      settle: (isAnswered) => {
        isSettled = true;
        // Order: the answer names the subscription, so its first event may only come after it.
        for (const id of opened) {
          if (isAnswered) open.get(id)?.goLive();
          else close(id);
        }
      },
    };
  }

  return {
    forCall,
    count: () => open.size,
    catchUp: () => {
      for (const subscription of open.values()) subscription.catchUp();
    },
    [Symbol.dispose]: () => {
      for (const id of open.keys()) close(id);
    },
  };
}
