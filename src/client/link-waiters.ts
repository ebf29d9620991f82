// Those who wait for a link: calls until their deadline, subscriptions for as long as it takes.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Link } from './link.ts';

/** Options of {@link LinkWaiters.wait}. */
export type NextLinkOptions = {
  /** Not this one: it is of no use any more, or soon. */
  readonly after: Link | null;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; none = for as long as it takes. */
  readonly timeoutMs?: number;
};

/** Who waits for a link. */
export type LinkWaiters = {
  /**
   * Wait until a link is told.
   *
   * @param whyNot - Why there is none, should the time be over.
   * @throws {AirlockError} deadline_exceeded after `timeoutMs`; what all were told instead of a link.
   * @throws `signal.reason` when aborted.
   */
  readonly wait: (options: NextLinkOptions, whyNot: () => unknown) => Promise<Link>;
  /** This one is up. */
  readonly tell: (link: Link) => void;
  /** There will be none. */
  readonly fail: (error: AirlockError) => void;
};

type Waiter = {
  readonly after: Link | null;
  readonly resolve: (link: Link) => void;
  readonly reject: (error: unknown) => void;
};

function noConnection(timeoutMs: number, cause: unknown): AirlockError {
  const message = `Cannot reach airlock: no connection within ${timeoutMs} ms`;
  return new AirlockError('deadline_exceeded', message, { cause, data: { reason: 'not_connected' } });
}

/** Make an empty room. */
export function makeLinkWaiters(clock: Pick<Clock, 'after'>): LinkWaiters {
  const waiting = new Set<Waiter>();

  async function wait({ after, signal, timeoutMs }: NextLinkOptions, whyNot: () => unknown): Promise<Link> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Link>();
    const waiter: Waiter = { after, resolve, reject };
    const onAbort = (): void => reject(signal?.reason);
    const onTime = (): void => reject(noConnection(timeoutMs ?? 0, whyNot()));
    using _limit = timeoutMs === undefined ? null : clock.after(timeoutMs, onTime);
    waiting.add(waiter);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      waiting.delete(waiter);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  return {
    wait,
    tell: (link) => {
      for (const waiter of waiting) if (waiter.after !== link) waiter.resolve(link);
    },
    fail: (error) => {
      for (const waiter of waiting) waiter.reject(error);
    },
  };
}
