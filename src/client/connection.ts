// One connection as calls and notifications: frames to messages, answers to the calls that wait for them.

import type { Clock } from '../core/clock.ts';
import { type Deadline, type Deadlines, makeDeadlines } from '../core/deadlines.ts';
import { AirlockError } from '../core/errors.ts';
import {
  bytesOver,
  type Chunk,
  type Decoder,
  encodeJson,
  type Frame,
  type FrameCaps,
  makeDecoder,
} from '../link/framing.ts';
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
import { sendChunk } from '../link/send-chunk.ts';
import type { Wire, WireEvents } from '../link/wire.ts';
import { makeCallTable, type OnLate } from './call-table.ts';
import { connectionLost, lostCall, malformed, pastDeadline, readGoaway } from './connection-errors.ts';
import { type Downloads, isDownloadHeader, makeDownloads, parseResult } from './downloads.ts';
import type { Invocation, InvokeOptions } from './invocation.ts';
import { makeUploads, type Uploads } from './uploads.ts';

/** A result, or the stream that it comes as. */
type Answer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'stream'; readonly body: Promise<Buffer> };

/** A call that waits for its answer, and then, where that is large, for the stream of it. */
type Waiting = { id: number; readonly isSilent: boolean; stream: number | null };

/** What a {@link Connection} needs. */
export type ConnectionDeps = {
  readonly clock: Clock;
  /** Takes every notification; what it throws ends the connection. */
  readonly onNotification: (method: string, params: JsonObject) => void;
};

/** Bytes of uploads that wait in this process. Source: own choice, above the credit that our server gives to a few streams at once. */
const MAX_AHEAD_BYTES = 4 * 1024 * 1024;
/** Bytes that wait in this process for a server that asks more. Source: own choice, above all calls that may be in flight. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;
const MAX_NAME_CHARS = 64;

function answerRequest({ id, method }: Extract<RpcMessage, { kind: 'request' }>): string {
  if (method === 'ping') return writeResult(id, {});
  const error = new AirlockError(
    'unknown_method',
    `Cannot run ${method.slice(0, MAX_NAME_CHARS)}: a client has no such method`,
  );
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
  readonly #uploads: Uploads = makeUploads({
    send: (chunk) => this.#sendChunk(chunk),
    // A server that never agreed on streams asks for no bytes.
    chunkBytes: () => this.#caps.chunkBytes ?? 1,
  });
  readonly #downloads: Downloads = makeDownloads((stream, bytes) =>
    this.#send(writeNotification('$/credit', { stream, bytes })),
  );
  readonly #ended = Promise.withResolvers<AirlockError>();
  readonly #deadlines: Deadlines;
  #caps: FrameCaps;
  #end: AirlockError | null = null;
  #goaway: AirlockError | null = null;

  constructor(deps: ConnectionDeps, wire: Wire, caps: FrameCaps) {
    this.#deps = deps;
    this.#wire = wire;
    this.#deadlines = makeDeadlines(deps.clock);
    this.#caps = caps;
    this.#decoder = makeDecoder(caps);
    this.closed = this.#ended.promise;
    this.events = {
      onBytes: (bytes) => this.#read(bytes),
      onDrain: () => this.#uploads.drained(),
      onClose: (error) => this.#finish(this.#goaway ?? connectionLost(error)),
    };
  }

  /** Why it ended, or null while it is up. A call that is made after that was never sent. */
  get end(): AirlockError | null {
    return this.#end;
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
  async invoke<T>(call: Invocation<T>, options: InvokeOptions): Promise<T> {
    const { deadlineMs, signal, isSilent = false } = options;
    signal?.throwIfAborted();
    const upload = call.upload === undefined ? null : this.#uploads.begin(call.params, call.upload);
    let deadline: Deadline | null = null;
    let onAbort: (() => void) | null = null;
    // No `using` here: every call passes, and it costs as much as the rest of this function.
    try {
      const waiting: Waiting = { id: 0, isSilent, stream: null };
      const answer = this.#start(upload === null ? call : { ...call, params: upload.params }, waiting);
      // The stream was broken off, and that has ended the call at the server.
      void upload?.failed.then(({ error }) => this.#calls.giveUp(waiting.id, error));
      deadline = this.#deadlines.add(deadlineMs, () => this.#giveUp(waiting, pastDeadline(call.method, deadlineMs)));
      if (signal !== undefined) {
        onAbort = (): void => this.#giveUp(waiting, signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
      }
      const first = await answer;
      return first.kind === 'value' ? first.value : call.accept(parseResult(await first.body));
    } finally {
      if (deadline !== null) this.#deadlines.remove(deadline);
      if (onAbort !== null) signal?.removeEventListener('abort', onAbort);
      upload?.[Symbol.dispose]();
    }
  }

  #giveUp({ id, isSilent, stream }: Waiting, reason: unknown): void {
    if (stream !== null) this.#downloads.forget(stream, reason);
    const isWaiting = this.#calls.giveUp(id, reason) || stream !== null;
    if (isWaiting && !isSilent) this.#send(writeNotification('$/cancelRequest', { id }));
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
    this.#deadlines[Symbol.dispose]();
    this.#calls.failAll((method) => lostCall(method, reason));
    this.#downloads.failAll(reason);
    this.#ended.resolve(reason);
  }

  #send(body: string): void {
    // What it returns is not looked at: a client must go on reading however slowly the server reads, else both wait for ever.
    this.#wire.send(encodeJson(body));
  }

  /** @returns May more be sent, whatever the server has asked for? */
  #sendChunk(chunk: Chunk): boolean {
    if (this.#end !== null) return false;
    sendChunk(this.#wire, chunk);
    return this.#wire.unsentBytes() <= MAX_AHEAD_BYTES;
  }

  #answer(request: Extract<RpcMessage, { kind: 'request' }>): void {
    // Trust: frames are counted until both sides have proved the key; until then the other end hears nothing but a nonce.
    if (this.#caps.frames !== null) return this.destroy(malformed('a call before authentication'));
    if (this.#wire.unsentBytes() > MAX_UNREAD_BYTES) return this.destroy(malformed('it asks and does not read'));
    this.#send(answerRequest(request));
  }

  #start<T>(invocation: Invocation<T>, waiting: Waiting): Promise<Answer<T>> {
    const { method, params, accept, isLarge, onLate } = invocation;
    if (this.#end !== null) throw lostCall(method, this.#end);
    const take = (result: unknown): Answer<T> => {
      if (isLarge !== true || !isDownloadHeader(result)) return { kind: 'value', value: accept(result) };
      waiting.stream = result.stream;
      return { kind: 'stream', body: this.#downloads.receive(result) };
    };
    const call = this.#calls.open(method, take, isLarge === true ? this.#skipDownload : onLate);
    waiting.id = call.id;
    const body = writeRequest(call.id, method, params);
    const limit = this.#caps.jsonBytes;
    const bytes = bytesOver(body, limit);
    if (bytes === null) this.#send(body);
    else {
      const message = `Cannot send ${method}: the call has ${bytes} bytes, at most ${limit} are allowed`;
      this.#calls.fail(call.id, new AirlockError('too_large', message, { data: { limit } }));
    }
    return call.answer;
  }

  /** The server was told that nobody wants it any more, and says so in its stream. */
  readonly #skipDownload: OnLate = (result) => {
    if (isDownloadHeader(result)) this.#downloads.skip(result);
  };

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
    if (frame.kind === 'chunk') return this.#handleChunk(frame.chunk);
    const body = parseJsonBody(frame.body);
    if (body.kind === 'fault') return this.destroy(malformed(body.message));
    this.#handleMessage(readMessage(body.value));
  }

  #handleChunk(chunk: Chunk): void {
    const wrong = this.#downloads.chunk(chunk);
    if (wrong !== null) this.destroy(malformed(wrong));
  }

  #handleMessage(message: RpcMessage): void {
    switch (message.kind) {
      case 'result':
        return this.#calls.settle(message.id, message.result);
      case 'error':
        if (message.id === null) return this.destroy(fromRpcError(message.error));
        return this.#calls.fail(message.id, fromRpcError(message.error));
      case 'notification':
        if (message.method === '$/goaway') this.#goaway = readGoaway(message.params);
        if (message.method === '$/credit') this.#uploads.credit(message.params['stream'], message.params['bytes']);
        return this.#deps.onNotification(message.method, message.params);
      case 'request':
        return this.#answer(message);
      case 'invalid':
        return this.destroy(malformed(message.message));
    }
  }
}
