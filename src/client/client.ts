// The caller's handle: typed calls, files and subscriptions, over however many connections that takes.

import { AirlockError } from '../core/errors.ts';
import type { EventTopic } from '../protocol/events.ts';
import type { ParamsInputOf, ResultOf } from '../protocol/method-spec.ts';
import { METHODS, type MethodName } from '../protocol/registry.ts';
import { type Repeat, repeatOf } from '../protocol/repeat.ts';
import { acceptResult, type Call, type CallDeps, type CallOptions, callUntil } from './calls.ts';
import type { Session } from './link.ts';
import type { ClientState } from './link-keeper.ts';
import { makeInFlight } from './in-flight.ts';
import { type Submit, submitFile } from './submit.ts';
import { openSubscription, type SubscribeOptions, type Subscription } from './subscription.ts';

type Params<Name extends MethodName> = ParamsInputOf<(typeof METHODS)[Name]>;

/** Params of a call, without `_meta`. The client makes an `idempotencyKey` where a method takes one and the caller gives none. */
export type CallParams<Name extends MethodName> = 'idempotencyKey' extends keyof Params<Name>
  ? Omit<Params<Name>, 'idempotencyKey'> & Partial<Pick<Params<Name>, 'idempotencyKey'>>
  : Params<Name>;

/** Result of a call. Fields that this version does not know are left out. */
export type CallResult<Name extends MethodName> = ResultOf<(typeof METHODS)[Name]>;

/**
 * A client of the daemon. Disposal lets what was sent leave, then closes; calls that wait fail as `cancelled`.
 *
 * `session` … `methods` are what the server told when it was connected to last.
 */
export type Client = AsyncDisposable &
  Readonly<Pick<Session, 'session' | 'scopes' | 'capabilities' | 'limits' | 'rate' | 'server' | 'methods'>> & {
    /**
     * Call a method.
     *
     * As many are under way at once as the server takes (`limits.callsInFlight`, `limits.streams` with `upload`); others wait.
     * It is sent again by itself, within the deadline: after `rate_limited` (calls over the rate that the server told wait for their
     * turn from the start), and on the next connection when it was not begun, or when that connection was lost and the method only
     * reads or carries an idempotency key. While there is no connection calls wait for one.
     *
     * @param name - Method.
     * @param params - Its params.
     * @throws {AirlockError} deadline_exceeded (reason `not_connected` when there was no connection); unavailable or shutting_down
     * when the connection was lost and nobody knows whether the call was done; rate_limited when the deadline leaves no time for it;
     * cancelled when this side closed; unknown_method, with the daemon's version, when it is older than this client; too_large when
     * the call does not fit into a frame; internal when the answer does not fit the schema; what the client ended with; or whatever
     * the server answered.
     * @throws `signal.reason` when aborted, and what a source of `upload` or the listener `onProgress` threw.
     */
    readonly call: <Name extends MethodName>(
      name: Name,
      params: CallParams<Name>,
      options?: CallOptions,
    ) => Promise<CallResult<Name>>;
    /**
     * Hand over a file, small or large: see {@link Submit}.
     *
     * @throws {AirlockError} too_large also when the server takes no streams; invalid_params for text that UTF-8 cannot hold; else
     * as `call` and `report/submit`.
     */
    readonly submit: Submit;
    /**
     * Subscribe to changes: the state of now in `snapshot`, then every change in order, also over reconnects.
     *
     * @throws {AirlockError} too_many_in_flight when the connection holds as many as it may; forbidden; else as `call`.
     * @throws `signal.reason` when aborted.
     */
    readonly subscribe: <Topic extends EventTopic>(
      topics: readonly Topic[],
      options?: SubscribeOptions,
    ) => Promise<Subscription<Topic>>;
    /** Is it connected? */
    readonly state: ClientState;
    /** Resolves once, with why the client ended; `cancelled` when this side closed it. */
    readonly closed: Promise<AirlockError>;
  };

/** What {@link makeClient} needs. */
export type ClientDeps = Omit<CallDeps, 'inFlight'> & {
  /** A new idempotency key. */
  readonly makeKey: () => string;
};

const CLOSE_GRACE_MS = 1000;

const REPEATS: ReadonlyMap<string, Repeat> = new Map(Object.values(METHODS).map((spec) => [spec.name, repeatOf(spec)]));

/** The params with a key: the caller's own, or a new one. */
function withKey(params: object, makeKey: () => string): object {
  // A key that is there and undefined is none: sent like that, the call would be repeated without one, and done twice.
  const own = 'idempotencyKey' in params ? params.idempotencyKey : undefined;
  return { ...params, idempotencyKey: own ?? makeKey() };
}

function toCall<Name extends MethodName>(
  { makeKey }: Pick<ClientDeps, 'makeKey'>,
  name: Name,
  params: CallParams<Name>,
): Call<CallResult<Name>> {
  const spec = METHODS[name];
  const repeat = REPEATS.get(name) ?? 'never';
  return {
    method: name,
    rateClass: spec.rateClass,
    repeat,
    params: repeat === 'keyed' ? withKey(params, makeKey) : params,
    accept: (result) => acceptResult(spec, result),
    isLarge: 'largeResult' in spec,
  };
}

/**
 * Make the handle of a client.
 *
 * @param given - It owns the keeper.
 */
export function makeClient(given: ClientDeps): Client {
  const { keeper } = given;
  const deps = { ...given, inFlight: makeInFlight(() => keeper.newest.session.limits) };
  const session = (): Session => keeper.newest.session;
  const call: Client['call'] = (name, params, options = {}) =>
    Object.hasOwn(METHODS, name)
      ? callUntil(deps, toCall(deps, name, params), options)
      : Promise.reject(new AirlockError('unknown_method', `Cannot run ${name}: this client has no such method`));
  let closing: Promise<void> | null = null;
  return {
    get session() {
      return session().session;
    },
    get scopes() {
      return session().scopes;
    },
    get capabilities() {
      return session().capabilities;
    },
    get limits() {
      return session().limits;
    },
    get rate() {
      return session().rate;
    },
    get server() {
      return session().server;
    },
    get methods() {
      return session().methods;
    },
    get state() {
      return keeper.state;
    },
    closed: keeper.ended,
    call,
    submit: (file, options = {}) => submitFile({ call, session }, file, options),
    subscribe: (topics, options = {}) => openSubscription(deps, topics, options),
    [Symbol.asyncDispose]: () => (closing ??= keeper.close(CLOSE_GRACE_MS)),
  };
}
