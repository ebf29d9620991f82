// What connects a method to the code that answers it.

import type { KeyId } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { Scope } from '../core/scopes.ts';
import type { EventTopic } from './events.ts';
import type { MethodSpec, ParamsOf, ResultOf } from './method-spec.ts';

/** Who is calling: what the proof showed. */
export type Caller = { readonly kid: KeyId; readonly scopes: readonly Scope[] };

/** Answer to opening a subscription. */
export type SubscriptionOpened = {
  readonly subscription: string;
  readonly bootId: string;
  readonly seq: number;
  readonly cursor: string;
  readonly resumed: boolean;
  readonly snapshot?: Readonly<Record<string, unknown>>;
};

/** How a subscription is opened. */
export type SubscribeOptions = {
  /** Where another one of this run ended, on whatever connection. */
  readonly since?: { readonly bootId: string; readonly cursor: string } | undefined;
  /** Least time between two events of a coalescing topic; 0 = every one is told. */
  readonly minIntervalMs?: number | undefined;
};

/** The caller's own subscriptions on its own connection; nothing else of the connection is reachable. */
export type SubscriptionPort = {
  /**
   * @throws {AirlockError} too_many_in_flight when this connection holds as many as it may; forbidden when the key may not hear one
   * of the topics; invalid_params for a cursor that was never written; unavailable when it is too busy to begin.
   */
  readonly open: (topics: readonly EventTopic[], options?: SubscribeOptions) => Promise<SubscriptionOpened>;
  /** @returns false when there is no such subscription on this connection. */
  readonly close: (subscription: string) => boolean;
};

/**
 * Bytes of one stream that the caller sends.
 *
 * Credit is granted as pieces are taken: asking for the next piece says that the one before is done with. Streams of one call are
 * taken one after the other, the main body first.
 */
export type UploadStream = {
  /**
   * @returns The next piece, or null at the end.
   * @throws the call's abort reason, once the call is cancelled, out of time, or its stream was broken off.
   */
  readonly read: () => Promise<Uint8Array | null>;
};

/** The streams that belong to one call. */
export type UploadPort = {
  /**
   * Take a stream that the call's params name as `stream`, or as `stream` of one of `companions`.
   *
   * @throws {AirlockError} invalid_params for an id that is even, out of range, used before, or not agreed upon (`streams`).
   */
  readonly open: (id: number) => UploadStream;
};

/** Tells how far a call is, to a caller that gave `workDoneToken`; coalesced, at most 10 a second (protocol.md 7). */
export type ProgressPort = (progress: { readonly message: string; readonly percentage?: number }) => void;

/** What a handler gets beside its params. */
export type CallContext = {
  readonly caller: Caller;
  /** On every log line and in `data.requestId` of an internal error. */
  readonly requestId: string;
  /** Aborted by cancel, deadline, closed connection, or the end of the drain. */
  readonly signal: AbortSignal;
  /**
   * Say that what is done next cannot be undone: from here on an abort comes too late, and the caller gets the result.
   *
   * @throws `signal.reason` when the call is aborted already: nothing may be done then.
   */
  readonly decide: () => void;
  readonly log: Logger;
  readonly subscriptions: SubscriptionPort;
  readonly uploads: UploadPort;
  readonly progress: ProgressPort;
};

/** The code of one method: it gets only the deps it names. */
export type Handler<Spec extends MethodSpec, Deps> = (
  deps: Deps,
  params: ParamsOf<Spec>,
  context: CallContext,
) => Promise<ResultOf<Spec>>;

/** A method with its code and deps: what the server dispatches to. `call` expects params that passed `spec.params`. */
export type BoundMethod = {
  readonly spec: MethodSpec;
  readonly call: (params: unknown, context: CallContext) => Promise<unknown>;
};

/** Every method a daemon answers, by name. */
export type BoundMethods = ReadonlyMap<string, BoundMethod>;

/**
 * Tie a method to its code.
 *
 * @param spec - The method.
 * @param handler - Its code.
 * @param deps - What the code needs.
 */
export function bind<Spec extends MethodSpec, Deps>(spec: Spec, handler: Handler<Spec, Deps>, deps: Deps): BoundMethod {
  // Trust: the session validates `params` against `spec.params` before it calls.
  return { spec, call: (params, context) => handler(deps, params as ParamsOf<Spec>, context) };
}
