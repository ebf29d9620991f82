// The caller's handle: typed calls and subscriptions on one authenticated connection.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { EventTopic } from '../protocol/events.ts';
import type { AuthenticateResult } from '../protocol/handshake.ts';
import type { MethodSpec, ParamsInputOf, RateClass, ResultOf } from '../protocol/method-spec.ts';
import { eventsSubscribe } from '../protocol/methods/events-subscribe.ts';
import { METHODS, type MethodName } from '../protocol/registry.ts';
import type { Connection } from './connection.ts';
import type { Subscription, Subscriptions } from './events.ts';
import { makePacer, type Pacer } from './pacer.ts';
import type { ProgressBoard, ProgressListener } from './progress.ts';

/** Options of {@link Client.call}. */
export type CallOptions = {
  /** Gives the call up, here and at the server. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call, repeats after `rate_limited` included; default 30,000. */
  readonly deadlineMs?: number | undefined;
  /** Told how far the call is, by methods that say so. */
  readonly onProgress?: ProgressListener | undefined;
  /**
   * Bytes to send, by the odd number that the params name as `stream` (1, 3, … within this call; the connection has numbers of its
   * own). A source is read once, not before the server asks for its bytes.
   */
  readonly upload?: ReadonlyMap<number, AsyncIterable<Uint8Array>> | undefined;
};

/** What the server told after authentication, see protocol.md 3 and 4. */
export type Session = Readonly<AuthenticateResult>;

/** An authenticated connection. Disposal lets what was sent leave, then closes. */
export type Client = AsyncDisposable &
  Pick<Session, 'session' | 'scopes' | 'limits' | 'rate' | 'server' | 'methods'> & {
    /**
     * Call a method.
     *
     * Calls over the rate that the server told wait for their turn. Only `rate_limited` is repeated, after the time that the
     * server asks for plus up to 20 %, within the deadline.
     *
     * @param name - Method.
     * @param params - Its params, without `_meta`.
     * @throws {AirlockError} deadline_exceeded; unavailable or shutting_down when the connection is lost, cancelled when this
     * side closed it; too_large when the call does not fit into a frame; internal when the answer does not fit the schema; or
     * whatever the server answered.
     * @throws `signal.reason` when aborted.
     */
    readonly call: <Name extends MethodName>(
      name: Name,
      params: ParamsInputOf<(typeof METHODS)[Name]>,
      options?: CallOptions,
    ) => Promise<ResultOf<(typeof METHODS)[Name]>>;
    /**
     * Subscribe to changes: the state of now in `snapshot`, then every change in order.
     *
     * @throws {AirlockError} too_many_in_flight when the connection holds as many as it may; else as {@link Client.call}.
     */
    readonly subscribe: (topics: readonly EventTopic[], options?: CallOptions) => Promise<Subscription>;
    /** Resolves once, with why the connection ended; `cancelled` when this side closed it. */
    readonly closed: Promise<AirlockError>;
  };

/** What {@link makeClient} needs. */
export type ClientDeps = {
  readonly clock: Clock;
  readonly connection: Connection;
  readonly subscriptions: Subscriptions;
  readonly progress: ProgressBoard;
  /** Between 0 and 1, so that callers who were told the same time do not come back together. */
  readonly random: () => number;
};

type PacedDeps = ClientDeps & { readonly pacer: Pacer };

const DEFAULT_DEADLINE_MS = 30_000;
const CLOSE_GRACE_MS = 1000;
const RETRY_SPREAD = 0.2;

function acceptResult<Spec extends MethodSpec>(spec: Spec, result: unknown): ResultOf<Spec> {
  const parsed = spec.result.safeParse(result);
  // The schema is the one that ResultOf is made from.
  if (parsed.success) return parsed.data as ResultOf<Spec>;
  const message = `Cannot read answer of ${spec.name}: it does not fit the schema`;
  throw new AirlockError('internal', message, { cause: parsed.error });
}

/** How long to wait before the same call may go through, or null when it is not to be repeated. */
function pauseMs(error: unknown, random: () => number): number | null {
  if (!(error instanceof AirlockError) || error.code !== 'rate_limited') return null;
  const { retryAfterMs } = error.data;
  return retryAfterMs === undefined ? null : Math.ceil(retryAfterMs * (1 + RETRY_SPREAD * random()));
}

type Call<T> = {
  readonly method: string;
  readonly rateClass: RateClass;
  readonly params: object;
  readonly accept: (result: unknown) => T;
  readonly isLarge?: boolean;
};

function outOfTurns(method: string, waitMs: number): AirlockError {
  return new AirlockError('rate_limited', `Cannot run ${method}: the rate limit leaves no time for it`, {
    data: { retryAfterMs: waitMs },
  });
}

/** Wait for a turn of the call's class, at most until `endMs`. */
async function awaitTurn<T>(
  { clock, pacer }: PacedDeps,
  { method, rateClass }: Call<T>,
  { endMs, signal }: { readonly endMs: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const waitMs = pacer.turn(rateClass);
  if (waitMs === 0) return;
  if (clock.monotonicMs() + waitMs >= endMs) {
    pacer.giveBack(rateClass);
    throw outOfTurns(method, waitMs);
  }
  try {
    await clock.sleep(waitMs, signal === undefined ? {} : { signal });
  } catch (error) {
    pacer.giveBack(rateClass);
    throw error;
  }
}

/** Send a call when its turn comes, again after `rate_limited`, until its deadline. */
async function callUntil<T>(deps: PacedDeps, call: Call<T>, options: CallOptions): Promise<T> {
  const { clock, connection, pacer, progress, random } = deps;
  const { signal, deadlineMs = DEFAULT_DEADLINE_MS, onProgress, upload } = options;
  using listening = onProgress === undefined ? null : progress.open(onProgress);
  const workDoneToken = listening?.token;
  const endMs = clock.monotonicMs() + deadlineMs;
  await awaitTurn(deps, call, { endMs, signal });
  for (;;) {
    const leftMs = Math.max(1, Math.ceil(endMs - clock.monotonicMs()));
    const params = { ...call.params, workDoneToken, _meta: { deadlineMs: leftMs } };
    try {
      return await connection.invoke({ ...call, params, upload }, { deadlineMs: leftMs, signal });
    } catch (error) {
      const waitMs = pauseMs(error, random);
      if (waitMs === null || clock.monotonicMs() + waitMs >= endMs) throw error;
      pacer.holdBack(call.rateClass, waitMs);
      await clock.sleep(waitMs, signal === undefined ? {} : { signal });
    }
  }
}

/**
 * Make the handle of an authenticated connection.
 *
 * @param session - What the server told.
 */
export function makeClient(deps: ClientDeps, session: Session): Client {
  const { connection, subscriptions } = deps;
  const paced = { ...deps, pacer: makePacer(deps, session.rate) };
  const { session: id, scopes, limits, rate, server, methods } = session;
  let closing: Promise<void> | null = null;
  return {
    session: id,
    scopes,
    limits,
    rate,
    server,
    methods,
    closed: connection.closed,
    call: (name, params, options = {}) => {
      const spec = METHODS[name];
      const accept = (result: unknown) => acceptResult(spec, result);
      const { rateClass } = spec;
      return callUntil(paced, { method: name, rateClass, params, accept, isLarge: 'largeResult' in spec }, options);
    },
    subscribe: (topics, options = {}) => {
      // Order: opened inside accept(), before the next message is read, so the first event finds its subscription.
      const accept = (result: unknown): Subscription => subscriptions.open(acceptResult(eventsSubscribe, result));
      const { name: method, rateClass } = eventsSubscribe;
      return callUntil(paced, { method, rateClass, params: { topics }, accept }, options);
    },
    [Symbol.asyncDispose]: () => (closing ??= connection.close(CLOSE_GRACE_MS)),
  };
}
