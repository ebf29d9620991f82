// One authenticated peer: its calls in flight, its cancels, its subscriptions. Bytes and sockets are connection.ts's.

import { AirlockError } from '../core/errors.ts';
import { type RpcId, type RpcMessage, writeError, writeNotification } from '../link/json-rpc.ts';
import { toRpcError } from '../link/rpc-error.ts';
import type { Caller, UploadPort } from '../protocol/handler.ts';
import { writeAnswer } from './answers.ts';
import { type CallAnswer, type CallRequest, type RunningCall, startCall } from './call.ts';
import { type CallTable, makeCallTable } from './call-table.ts';
import type { ConnectionDeps } from './deps.ts';
import { toAnswerError } from './failure.ts';
import { type CallSubscriptions, makeSubscriptions, type Subscriptions } from './subscriptions.ts';

/** What a session needs beside the connection's deps. */
export type SessionInput = {
  /** Opaque; the first part of each request id. */
  readonly session: string;
  readonly caller: Caller;
  /** Send one message to the peer. */
  readonly send: (body: string) => void;
};

type StartedCall = { readonly id: RpcId; readonly method: string; readonly requestId: string };

const RETRY_AFTER_MS = 100;

const noUploads: UploadPort = {
  open: (id) => {
    throw new AirlockError('invalid_params', `Cannot take stream ${id}: streams were not agreed upon`);
  },
};

const gone = (): AirlockError => new AirlockError('cancelled', 'Cannot finish the call: the connection was closed');
const byCaller = (): AirlockError => new AirlockError('cancelled', 'Cannot finish the call: the caller cancelled it');
const idInUse = (): AirlockError =>
  new AirlockError('invalid_request', 'Cannot run request: a call with this id is in flight');

function tooManyCalls(limit: number): AirlockError {
  const message = `Cannot run the call: ${limit} calls are in flight, the most this connection may have`;
  return new AirlockError('too_many_in_flight', message, { data: { limit, retryAfterMs: RETRY_AFTER_MS } });
}

/** An authenticated peer. Disposal: the peer is gone, its calls are aborted unanswered, its subscriptions end. */
export class Session implements Disposable {
  readonly #deps: ConnectionDeps;
  readonly #input: SessionInput;
  readonly #calls: CallTable = makeCallTable();
  readonly #subscriptions: Subscriptions;
  #lastCall = 0;
  #isGone = false;

  constructor(deps: ConnectionDeps, input: SessionInput) {
    const { events, bootId, config } = deps;
    const { caller, send } = input;
    this.#deps = deps;
    this.#input = input;
    const notify = (params: unknown): void => send(writeNotification('event', params));
    this.#subscriptions = makeSubscriptions({ events, bootId, caller, notify }, { limit: config.subscriptions });
  }

  /** Handle one message: start a call, cancel one, or answer what is no valid request. */
  receive(message: RpcMessage): void {
    switch (message.kind) {
      case 'request':
        return this.#start(message);
      case 'invalid':
        return this.#refuse(message.id, new AirlockError('invalid_request', message.message));
      case 'notification':
        // Any other notification has no answer and, so far, no meaning here.
        if (message.method === '$/cancelRequest') this.#cancel(message.params['id']);
        return;
      case 'result':
      case 'error':
        // This side asks nothing, so these answer nothing.
        return;
    }
  }

  /** Resolves as soon as every call that was taken is answered. */
  idle(): Promise<void> {
    return this.#calls.idle();
  }

  /** Answer every call in flight with this failure, now. */
  abortCalls(reason: AirlockError): void {
    this.#calls.abortAll(reason);
  }

  [Symbol.dispose](): void {
    this.#isGone = true;
    this.#calls.abortAll(gone());
    this.#subscriptions[Symbol.dispose]();
  }

  #refuse(id: RpcId | null, error: AirlockError): void {
    this.#input.send(writeError(id, toRpcError(error)));
  }

  #cancel(id: unknown): void {
    if (typeof id === 'string' || typeof id === 'number') this.#calls.abort(id, byCaller());
  }

  /** Why a well-formed call may not start, or null. Order: stopping, then calls in flight (protocol.md 5). */
  #refusalOf({ method }: CallRequest): AirlockError | null {
    const { methods, refusal, config } = this.#deps;
    const stopping = methods.get(method)?.spec.whileStopping === true ? null : refusal();
    if (stopping !== null) return stopping;
    return this.#calls.size() >= config.calls ? tooManyCalls(config.calls) : null;
  }

  #start(request: CallRequest): void {
    // The answer has no id: with one, the caller would take it for the answer of the call that goes on.
    if (this.#calls.has(request.id)) return this.#refuse(null, idInUse());
    const refusal = this.#refusalOf(request);
    if (refusal !== null) return this.#refuse(request.id, refusal);
    const { clock, log, methods } = this.#deps;
    const { session, caller } = this.#input;
    this.#lastCall += 1;
    const requestId = `${session}-${this.#lastCall}`;
    const opened = this.#subscriptions.forCall();
    const call = startCall({ clock, log, methods, caller, subscriptions: opened.port, uploads: noUploads, requestId }, request);
    this.#calls.add(request.id, call);
    void this.#finish({ id: request.id, method: request.method, requestId }, call, opened);
  }

  async #finish(started: StartedCall, call: RunningCall, opened: CallSubscriptions): Promise<void> {
    const answer = await call.answer;
    if (!this.#isGone) this.#input.send(this.#bodyOf(started, answer));
    // Order: answered only now, so that a drain that waits for idle finds the answer handed to the wire.
    this.#calls.answered(started.id);
    opened.settle(!this.#isGone && answer.kind === 'result');
  }

  #bodyOf({ id, method, requestId }: StartedCall, answer: CallAnswer): string {
    const options = { maxBytes: this.#deps.config.jsonFrame };
    try {
      return writeAnswer(id, answer, options);
    } catch (thrown) {
      // A result that JSON cannot hold is a bug of the method; its caller still gets one answer.
      const error = toAnswerError(this.#deps.log, thrown, { method, requestId });
      return writeAnswer(id, { kind: 'error', error }, options);
    }
  }
}
