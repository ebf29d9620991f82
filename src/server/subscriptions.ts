// The subscriptions of one connection: who may hear what, the state or the missed events first, and when each begins and ends.

import { AirlockError } from '../core/errors.ts';
import { hasScope } from '../core/scopes.ts';
import { type EventTopic, OWN_TOPICS } from '../protocol/events.ts';
import type { Caller, SubscribeOptions, SubscriptionOpened, SubscriptionPort } from '../protocol/handler.ts';
import { type CursorFormat, makeCursorFormat } from './event-cursor.ts';
import type { EventHub } from './event-hub.ts';
import type { EventPlace } from './event-ring.ts';
import { type EventsSnapshot, isCounted, isHeld, type Watch } from './server-events.ts';
import { Subscription, type SubscriptionDeps } from './subscription.ts';

const RETRY_AFTER_MS = 1000;
/** What an answer has beside its snapshot, at most. */
const ANSWER_BYTES = 1024;

/** What {@link makeSubscriptions} needs. */
export type SubscriptionsDeps = Omit<SubscriptionDeps, 'hub'> & {
  readonly hub: Omit<EventHub, typeof Symbol.dispose>;
  readonly bootId: string;
  readonly caller: Caller;
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
  /** What was sent has left: go on with what waits, and tell who lags what was left out. */
  readonly catchUp: () => void;
};

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

function forbidden(topic: EventTopic): AirlockError {
  const message = `Cannot open subscription to ${topic}: the key lacks the scope read`;
  return new AirlockError('forbidden', message, { data: { scope: 'read' } });
}

function neverWritten(): AirlockError {
  const detail = {
    path: ['since', 'cursor'],
    code: 'malformed',
    message: 'must be a cursor of this run of the daemon',
  };
  return new AirlockError('invalid_params', 'Cannot open subscription: since.cursor was never written by this daemon', {
    data: { details: [detail] },
  });
}

/** A key without `read` hears of its own submissions only. */
function viewerOf({ scopes, kid }: Caller, topics: readonly EventTopic[]): { readonly kid: Caller['kid'] | null } {
  if (hasScope(scopes, 'read')) return { kid: null };
  const other = topics.find((topic) => OWN_TOPICS.every((own) => own !== topic));
  if (other !== undefined) throw forbidden(other);
  return { kid };
}

/** The answer has to go into one frame; a state that does not has methods of its own to be read with. */
function assertFits(snapshot: unknown, maxBytes: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(snapshot), 'utf8') + ANSWER_BYTES;
  if (bytes <= maxBytes) return;
  const message = `Cannot open subscription: its answer has ${bytes} bytes, at most ${maxBytes} go into one frame`;
  throw new AirlockError('too_large', message, { data: { limit: maxBytes } });
}

type Since = { readonly since: SubscribeOptions['since']; readonly cursors: CursorFormat };

/** Where to go on from; null where only a fresh state can be right. @throws {AirlockError} invalid_params for what is no cursor. */
function placeOf({ hub, bootId }: SubscriptionsDeps, { since, cursors }: Since): EventPlace | null {
  if (since === undefined || since.bootId !== bootId) return null;
  const read = cursors.read(since.cursor);
  if (read.kind === 'malformed') throw neverWritten();
  // A place that nobody has come to yet is forged.
  return read.kind === 'place' && Math.max(read.place.kept, read.place.latest) <= hub.head() ? read.place : null;
}

type Opening = {
  readonly topics: readonly EventTopic[];
  readonly viewer: ReturnType<typeof viewerOf>;
  readonly subscription: Subscription;
  readonly watch: Watch;
};

/** Read the state of all topics, as of one moment for those that the store counts and of another for the rest. */
async function beginAnew({ hub, maxBytes }: SubscriptionsDeps, { topics, viewer, subscription, watch }: Opening) {
  const counted = topics.filter(isCounted);
  await watch.refresh();
  const none: EventsSnapshot | null = null;
  const counts = counted.length === 0 ? none : await hub.snapshot(viewer, counted);
  if (subscription.hasOverflowed) throw tooBusy();
  // Order: nothing is awaited from here on, so the states that are read are those of `head`.
  const states = topics.filter(isHeld).map((topic) => [topic, hub.read(topic)] as const);
  const cursor = subscription.startFrom({ asOfChange: counts?.asOfChange ?? null, head: hub.head() });
  const snapshot = { ...counts?.topics, ...Object.fromEntries(states) };
  assertFits(snapshot, maxBytes);
  return { cursor, resumed: false, snapshot };
}

/**
 * Make the subscriptions of one connection.
 *
 * A key without `read` sees its own submissions only, also in what it missed: the view is the key's of now, whatever a cursor says.
 *
 * @param limit - How many may be open at once.
 */
export function makeSubscriptions(deps: SubscriptionsDeps, { limit }: { readonly limit: number }): Subscriptions {
  const { hub, bootId, caller } = deps;
  const open = new Map<string, { readonly subscription: Subscription; readonly watch: Watch }>();
  let lastId = 0;

  function close(id: string): boolean {
    const found = open.get(id);
    found?.subscription[Symbol.dispose]();
    found?.watch[Symbol.dispose]();
    return open.delete(id);
  }

  async function openOne(
    topics: readonly EventTopic[],
    { since, minIntervalMs = 0 }: SubscribeOptions,
    opened: Set<string>,
  ): Promise<SubscriptionOpened> {
    const viewer = viewerOf(caller, topics);
    if (open.size >= limit) throw tooMany(limit);
    const cursors = makeCursorFormat({ topics, kid: viewer.kid });
    const place = placeOf(deps, { since, cursors });
    lastId += 1;
    const id = String(lastId);
    // Order: listen before the state is asked for, so that no change falls between the two.
    const subscription = new Subscription(deps, { id, topics, kid: viewer.kid, minIntervalMs, cursors });
    const watch = hub.watch(topics);
    open.set(id, { subscription, watch });
    opened.add(id);
    // Order: nothing is awaited since it listens, so no change is in both.
    const missed = place === null ? null : hub.since(topics, place);
    const begun =
      place === null || missed === null
        ? await beginAnew(deps, { topics, viewer, subscription, watch })
        : { cursor: subscription.resumeFrom(place, missed), resumed: true };
    return { subscription: id, bootId, seq: 0, ...begun };
  }

  function forCall(): CallSubscriptions {
    const opened = new Set<string>();
    let isSettled = false;
    return {
      port: {
        open: (topics, options = {}) => (isSettled ? Promise.reject(tooLate()) : openOne(topics, options, opened)),
        close,
      },
      settle: (isAnswered) => {
        isSettled = true;
        // Order: the answer names the subscription, so its first event may only come after it.
        for (const id of opened) {
          if (isAnswered) open.get(id)?.subscription.goLive();
          else close(id);
        }
      },
    };
  }

  return {
    forCall,
    count: () => open.size,
    catchUp: () => {
      for (const { subscription } of open.values()) subscription.catchUp();
    },
    [Symbol.dispose]: () => {
      for (const id of open.keys()) close(id);
    },
  };
}
