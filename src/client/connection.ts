// One connection as calls and notifications: frames to messages, answers to the calls that wait for them.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { type Decoder, encodeJson, type Frame, type FrameCaps, jsonFrameBytes, makeDecoder } from '../link/framing.ts';
import { type JsonObject, parseJsonBody } from '../link/json-body.ts';
import {
  readMessage,
  type RpcMessage,
  writeError,
  writeNotification,
  writeRequest,
  writeResult,
} from '../link/json-rpc.ts';
import { fromRpcError, toRpcError } from '../link/rpc-error.ts';
import type { Wire, WireEvents } from '../link/wire.ts';
import { makeCallTable } from './call-table.ts';

/** One call: what to send, and how to read its result. */
export type Invocation<T> = {
  readonly method: string;
  readonly params: object;
  /**
   * Turn the result into what the caller gets. Runs before any later message of the connection is read.
   *
   * @throws whatever the caller shall get instead.
   */
  readonly accept: (result: unknown) => T;
};

/** Options of {@link Connection.invoke}. */
export type InvokeOptions = {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Say nothing when the call is given up: before authentication a notification is a fault, and the peer may be an impostor. */
  readonly isSilent?: boolean;
};

/** What a {@link Connection} needs. */
export type ConnectionDeps = {
  readonly clock: Clock;
  /** Takes every notification; what it throws ends the connection. */
  readonly onNotification: (method: string, params: JsonObject) => void;
};

const lostCall = (method: string, { code, message, data }: AirlockError, cause: unknown): AirlockError =>
  new AirlockError(code, `Cannot finish ${method}: ${message}`, { cause, data });

const connectionLost = (cause: unknown): AirlockError =>
  new AirlockError('unavailable', 'Cannot reach airlock: the connection was lost', {
    cause,
    data: { reason: 'connection_lost' },
  });

const malformed = (message: string): AirlockError =>
  new AirlockError('unavailable', `Cannot go on with the connection: the server broke the protocol, ${message}`, {
    data: { reason: 'protocol_error' },
  });

/** What a close means after the server said `$/goaway`. */
function readGoaway({ reason, retryAfterMs }: JsonObject): AirlockError {
  const why = typeof reason === 'string' ? reason : 'shutting_down';
  const data = { reason: why, ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}) };
  return why === 'slow_consumer'
    ? new AirlockError('unavailable', 'Cannot reach airlock: this side did not read fast enough', { data })
    : new AirlockError('shutting_down', 'Cannot reach airlock: the daemon is stopping', { data });
}

function answerRequest({ id, method }: Extract<RpcMessage, { kind: 'request' }>): string {
  if (method === 'ping') return writeResult(id, {});
  const error = new AirlockError('unknown_method', `Cannot run ${method}: a client has no such method`);
  return writeError(id, toRpcError(error));
}

/** An open connection. It owns its wire; attach `events` to it. */
export class Connection {
  readonly events: WireEvents;
  /** Resolves once, with why the connection ended. */
  readonly closed: Promise<AirlockError>;
  readonly #deps: ConnectionDeps;
  readonly #wire: Wire;
  readonly #decoder: Decoder;
  readonly #calls = makeCallTable();
  readonly #ended = Promise.withResolvers<AirlockError>();
  #caps: FrameCaps;
  #end: AirlockError | null = null;
  #goaway: AirlockError | null = null;

  constructor(deps: ConnectionDeps, wire: Wire, caps: FrameCaps) {
    this.#deps = deps;
    this.#wire = wire;
    this.#caps = caps;
    this.#decoder = makeDecoder(caps);
    this.closed = this.#ended.promise;
    this.events = {
      onBytes: (bytes) => this.#read(bytes),
      onDrain: () => undefined,
      onClose: (error) => this.#finish(this.#goaway ?? connectionLost(error)),
    };
  }

  /** Go on under other caps; they hold both ways. */
  setCaps(caps: FrameCaps): void {
    this.#caps = caps;
    this.#decoder.setCaps(caps);
  }

  /**
   * Send a call and wait for its one answer. When it is given up, the server is told by `$/cancelRequest`.
   *
   * @throws {AirlockError} deadline_exceeded; too_large when the frame is over the server's cap; unavailable, shutting_down or
   * cancelled when the connection has ended; or whatever the server answered.
   * @throws `signal.reason` when aborted.
   */
  async invoke<T>(call: Invocation<T>, { deadlineMs, signal, isSilent = false }: InvokeOptions): Promise<T> {
    signal?.throwIfAborted();
    const { id, answer } = this.#start(call);
    const giveUp = (reason: unknown): void => {
      if (this.#calls.fail(id, reason) && !isSilent) this.#send(writeNotification('$/cancelRequest', { id }));
    };
    const onAbort = (): void => giveUp(signal?.reason);
    using _deadline = this.#deps.clock.after(deadlineMs, () => {
      const message = `Cannot finish ${call.method}: no answer within ${deadlineMs} ms`;
      giveUp(new AirlockError('deadline_exceeded', message));
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await answer;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Let what was sent leave, then close, at the latest after `graceMs`; calls that wait fail as `cancelled`. */
  async close(graceMs: number): Promise<void> {
    this.#finish(new AirlockError('cancelled', 'Cannot reach airlock: this side closed the connection'));
    await this.#wire.end(graceMs);
  }

  /** Close at once, for this reason. */
  destroy(reason: AirlockError): void {
    this.#finish(reason);
    this.#wire.destroy();
  }

  #finish(reason: AirlockError): void {
    if (this.#end !== null) return;
    this.#end = reason;
    this.#calls.failAll((method) => lostCall(method, reason, reason));
    this.#ended.resolve(reason);
  }

  #send(body: string): void {
    // What it returns is not looked at: a client must go on reading however slowly the server reads, else both wait for ever.
    this.#wire.send(encodeJson(body));
  }

  #start<T>({ method, params, accept }: Invocation<T>): { readonly id: number; readonly answer: Promise<T> } {
    if (this.#end !== null) throw lostCall(method, this.#end, this.#end);
    const call = this.#calls.open(method, accept);
    const body = writeRequest(call.id, method, params);
    const bytes = jsonFrameBytes(body);
    const limit = this.#caps.jsonBytes;
    if (bytes <= limit) this.#send(body);
    else {
      const message = `Cannot send ${method}: the call has ${bytes} bytes, at most ${limit} are allowed`;
      this.#calls.fail(call.id, new AirlockError('too_large', message, { data: { limit } }));
    }
    return call;
  }

  #read(bytes: Buffer): void {
    this.#decoder.push(bytes);
    for (;;) {
      const frame = this.#end === null ? this.#decoder.next() : null;
      if (frame === null) return;
      this.#handleFrame(frame);
    }
  }

  #handleFrame(frame: Frame): void {
    if (frame.kind === 'fault') return this.destroy(malformed(frame.message));
    if (frame.kind === 'chunk') return this.destroy(malformed('a chunk of a stream that was never opened'));
    const body = parseJsonBody(frame.body);
    if (body.kind === 'fault') return this.destroy(malformed(body.message));
    this.#handleMessage(readMessage(body.value));
  }

  #handleMessage(message: RpcMessage): void {
    switch (message.kind) {
      case 'result':
        return this.#calls.settle(message.id, message.result);
      case 'error':
        if (message.id === null) return this.destroy(fromRpcError(message.error));
        return void this.#calls.fail(message.id, fromRpcError(message.error));
      case 'notification':
        if (message.method === '$/goaway') this.#goaway = readGoaway(message.params);
        return this.#deps.onNotification(message.method, message.params);
      case 'request':
        return this.#send(answerRequest(message));
      case 'invalid':
        return this.destroy(malformed(message.message));
    }
  }
}
