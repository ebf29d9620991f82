// Keeps one subscription open at the daemon, on whichever link is up. Source: protocol.md 9.

import { AirlockError } from '../core/errors.ts';
import { eventsSubscribe } from '../protocol/methods/events-subscribe.ts';
import { pauseBeforeMs } from './backoff.ts';
import { acceptResult, type Call, type CallDeps, type CallOptions, callUntil } from './calls.ts';
import type { EventPosition, OpenedEvents } from './event-items.ts';
import type { EventSink } from './events.ts';
import type { Link } from './link.ts';

/** What is subscribed to, and who takes it. */
export type AttachmentInput = {
  /** Params of `events/subscribe`, without `since`. */
  readonly params: object;
  readonly items: {
    readonly sink: EventSink;
    readonly position: () => EventPosition;
    readonly begin: (opened: OpenedEvents) => void;
    readonly goOn: (opened: OpenedEvents) => void;
  };
};

/** A subscription at the daemon. */
export type Attachment = {
  /**
   * Open it.
   *
   * @throws what `Client.call` says.
   */
  readonly open: (options: CallOptions) => Promise<OpenedEvents>;
  /**
   * Resume it on each later link; what may pass is tried again for as long as the client lives.
   *
   * @returns What ended it; null when it was released.
   */
  readonly stayOpen: () => Promise<AirlockError | null>;
  /** End it, and tell the server. Idempotent. */
  readonly release: () => Promise<void>;
};

type Attached = { readonly link: Link; readonly opened: OpenedEvents };

const RESUME_DEADLINE_MS = 30_000;
const UNSUBSCRIBE_DEADLINE_MS = 1000;

async function unsubscribe({ link, opened: { subscription } }: Attached): Promise<void> {
  link.events.close(subscription);
  if (link.connection.end !== null) return;
  const call = { method: 'events/unsubscribe', params: { subscription }, accept: () => undefined };
  // Nothing is left to do when it fails: the events of an ended subscription are dropped anyway.
  await link.connection.invoke(call, { deadlineMs: UNSUBSCRIBE_DEADLINE_MS }).catch(() => undefined);
}

function unexpected(cause: unknown): AirlockError {
  return new AirlockError('internal', 'Cannot go on with the subscription: an unexpected error', { cause });
}

/**
 * Make a subscription that is not open yet.
 *
 * @param deps - Borrowed.
 */
export function makeAttachment(deps: CallDeps, { params, items }: AttachmentInput): Attachment {
  const { clock, keeper, random } = deps;
  const over = new AbortController();
  const { signal } = over;
  let attached: Attached | null = null;

  /** Runs before the next message is read, so the first event finds its subscription. */
  function attach(opened: OpenedEvents, link: Link, since: EventPosition | undefined): OpenedEvents {
    // Race: released while the answer was on its way.
    if (signal.aborted) void unsubscribe({ opened, link });
    else {
      attached = { opened, link };
      if (since === undefined) items.begin(opened);
      else items.goOn(opened);
      link.events.open(opened, items.sink);
    }
    return opened;
  }

  const toCall = (since: EventPosition | undefined): Call<OpenedEvents> => ({
    method: eventsSubscribe.name,
    rateClass: eventsSubscribe.rateClass,
    // It belongs to its connection: what a lost one held is gone.
    repeat: 'safe',
    params: { ...params, since },
    accept: (result, link) => attach(acceptResult(eventsSubscribe, result), link, since),
    onLate: (result, link) => {
      const opened = eventsSubscribe.result.safeParse(result);
      if (opened.success) void unsubscribe({ opened: opened.data, link });
    },
  });

  async function resume(): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        return void (await callUntil(deps, toCall(items.position()), { deadlineMs: RESUME_DEADLINE_MS, signal }));
      } catch (error) {
        const { state } = keeper;
        if (state.kind === 'ended') throw state.error;
        if (!(error instanceof AirlockError) || !error.retryable) throw error;
        await clock.sleep(pauseBeforeMs({ failures, retryAfterMs: error.data.retryAfterMs }, random()), { signal });
      }
    }
  }

  return {
    open: (options) => callUntil(deps, toCall(undefined), options),
    stayOpen: async () => {
      try {
        for (;;) {
          await keeper.next({ after: attached?.link ?? null, signal });
          await resume();
        }
      } catch (error) {
        if (signal.aborted) return null;
        return error instanceof AirlockError ? error : unexpected(error);
      }
    },
    release: async () => {
      if (signal.aborted) return;
      over.abort();
      if (attached !== null) await unsubscribe(attached);
    },
  };
}
