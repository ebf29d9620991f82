// Keeps a client connected: one link after the other, until it is closed or no retry can mend it. Source: protocol.md 11.
//
//   connected ──lost──► reconnecting ──opened──► connected
//       │                 │     └──failed──► reconnecting, after a longer pause
//       └─────────────────┴──closed, not to be repeated, or beyond mending──► ended

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { pauseBeforeMs } from './backoff.ts';
import type { Link } from './link.ts';
import { type LinkWaiters, makeLinkWaiters, type NextLinkOptions } from './link-waiters.ts';

/** Whether a client has a connection. */
export type ClientState =
  | { readonly kind: 'connected' }
  /** Lost, or not there again yet, for `error`; try number `attempt` (from 1) comes after `retryInMs`. */
  | {
      readonly kind: 'reconnecting';
      readonly error: AirlockError;
      readonly attempt: number;
      readonly retryInMs: number;
    }
  /** For ever, and why: `cancelled` when this side closed it. */
  | { readonly kind: 'ended'; readonly error: AirlockError };

/** What a {@link LinkKeeper} needs. */
export type LinkKeeperDeps = {
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Open another link; null = the first is the last. Throws AirlockErrors only, or `signal.reason`. */
  readonly open: ((options: { readonly signal: AbortSignal }) => Promise<Link>) | null;
  /** Told every change; not called before the code that caused it is done. */
  readonly onState?: ((state: ClientState) => void) | undefined;
};

/** A connection that was up for so long counts as good: the next pause is a short one again. Source: the longest pause. */
const STABLE_MS = 5000;

/**
 * Is this beyond what another try can mend? A key that is not accepted stays so, as does a protocol that the other side does not
 * speak; a bug would only be met again.
 *
 * @param error - Why a connection was not made.
 */
const isBeyondRetry = (error: AirlockError): boolean => !error.retryable || error.code === 'internal';

const isUp = (link: Link): boolean => link.connection.end === null;

/** The links of one client. It owns the one that it begins with and those that follow. */
export class LinkKeeper {
  /** Resolves once, with what the client ended with. */
  readonly ended: Promise<AirlockError>;
  readonly #deps: LinkKeeperDeps;
  readonly #closing = new AbortController();
  readonly #ended = Promise.withResolvers<AirlockError>();
  readonly #waiters: LinkWaiters;
  #link: Link;
  #state: ClientState = { kind: 'connected' };
  /** Tries since a connection was up for long. */
  #failures = 0;

  constructor(deps: LinkKeeperDeps, first: Link) {
    this.#deps = deps;
    this.#link = first;
    this.#waiters = makeLinkWaiters(deps.clock);
    this.ended = this.#ended.promise;
    this.#run().catch((cause: unknown) => {
      this.#end(new AirlockError('internal', 'Cannot stay connected: an unexpected error', { cause }));
    });
  }

  get state(): ClientState {
    return this.#state;
  }

  /** The newest link, up or not. */
  get newest(): Link {
    return this.#link;
  }

  /** Aborted, with what the client ended with, when no link will be up any more. */
  get over(): AbortSignal {
    return this.#closing.signal;
  }

  /** Does another link follow one that is lost? */
  get isLasting(): boolean {
    return this.#deps.open !== null;
  }

  /** The newest link, if it is up and not `after`. */
  current(after: Link | null): Link | null {
    return this.#link !== after && isUp(this.#link) && this.#state.kind === 'connected' ? this.#link : null;
  }

  /**
   * Wait for a link that is up.
   *
   * @throws {AirlockError} deadline_exceeded after `timeoutMs`; what the client ended with.
   * @throws `signal.reason` when aborted.
   */
  async next(options: NextLinkOptions): Promise<Link> {
    if (this.#state.kind === 'ended') throw this.#state.error;
    const whyNot = (): unknown => (this.#state.kind === 'connected' ? undefined : this.#state.error);
    return this.current(options.after) ?? (await this.#waiters.wait(options, whyNot));
  }

  /** End the client as `cancelled`; what was sent leaves first, at the latest after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#end(new AirlockError('cancelled', 'Cannot reach airlock: this side closed the connection'));
    await this.#link.connection.close(graceMs);
  }

  #become(state: ClientState): void {
    this.#state = state;
    const { onState } = this.#deps;
    // A listener that throws is its owner's bug: it is told as one, and changes nothing here.
    if (onState !== undefined) queueMicrotask(() => onState(state));
  }

  #end(error: AirlockError): void {
    if (this.#state.kind === 'ended') return;
    this.#become({ kind: 'ended', error });
    this.#ended.resolve(error);
    this.#waiters.fail(error);
    this.#closing.abort(error);
  }

  async #run(): Promise<void> {
    while (this.#state.kind !== 'ended') {
      const upAtMs = this.#deps.clock.monotonicMs();
      const lost = await this.#link.connection.closed;
      if (this.#deps.clock.monotonicMs() - upAtMs >= STABLE_MS) this.#failures = 0;
      await this.#reconnect(lost);
    }
  }

  /** Until a link is up or the client has ended. However one was lost, the next try decides: there may be another key by now. */
  async #reconnect(lost: AirlockError): Promise<void> {
    const { open } = this.#deps;
    if (open === null) return this.#end(lost);
    for (let error = lost; this.#state.kind !== 'ended'; ) {
      try {
        return await this.#tryOnce(open, error);
      } catch (thrown) {
        if (!(thrown instanceof AirlockError)) throw thrown;
        if (isBeyondRetry(thrown)) return this.#end(thrown);
        error = thrown;
      }
    }
  }

  /** Pause, then try once. */
  async #tryOnce(open: NonNullable<LinkKeeperDeps['open']>, error: AirlockError): Promise<void> {
    const { clock, random } = this.#deps;
    const { signal } = this.#closing;
    const pause = { failures: this.#failures, retryAfterMs: error.data.retryAfterMs };
    const retryInMs = pauseBeforeMs(pause, random());
    this.#failures += 1;
    this.#become({ kind: 'reconnecting', error, attempt: this.#failures, retryInMs });
    // A client that is connected holds its process: so does one that soon will be.
    await clock.sleep(retryInMs, { signal, holdsProcess: true });
    this.#link = await open({ signal });
    // Race: closed while the last answer of the handshake was on its way.
    if (signal.aborted) return this.#link.connection.destroy(await this.ended);
    this.#become({ kind: 'connected' });
    this.#waiters.tell(this.#link);
  }
}
