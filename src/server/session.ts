// One authenticated peer: its calls in flight, its cancels, its streams, its subscriptions. Bytes and sockets are connection.ts's.

import { assertNever } from '../core/assert-never.ts';
import { type Deadlines, makeDeadlines } from '../core/deadlines.ts';
import { AirlockError } from '../core/errors.ts';
import type { Chunk } from '../link/framing.ts';
import { type RpcId, type RpcMessage, writeError, writeNotification } from '../link/json-rpc.ts';
import { toRpcError } from '../link/rpc-error.ts';
import type { Caller, ProgressPort } from '../protocol/handler.ts';
import { namedStreams } from '../protocol/stream-names.ts';
import { type AdmissionDeps, refusalOf, tooManyInFlight } from './admission.ts';
import { type AnswerOptions, writeAnswer } from './answers.ts';
import { type CallAnswer, type CallRequest, type RunningCall, startCall } from './call.ts';
import { type CallTable, makeCallTable } from './call-table.ts';
import { type ConnectionRate, makeConnectionRate } from './connection-rate.ts';
import type { ConnectionDeps } from './deps.ts';
import { type DownloadHeader, type Downloads, makeDownloads } from './downloads.ts';
import { toAnswerError } from './failure.ts';
import type { Outbox } from './outbox.ts';
import { type CallProgress, makeProgress, SILENT } from './progress.ts';
import { makeStreamCharge } from './stream-charge.ts';
import { type CallSubscriptions, makeSubscriptions, type Subscriptions } from './subscriptions.ts';
import { type CallUploads, makeUploads, NO_UPLOADS, type Uploads } from './uploads.ts';

/** What a session needs beside the connection's deps. */
export type SessionInput = {
  /** Opaque; the first part of each request id. */
  readonly session: string;
  readonly caller: Caller;
  /** Did both sides agree on streams? */
  readonly hasStreams: boolean;
  readonly outbox: Pick<Outbox, 'send' | 'sendChunk' | 'isFlowing' | 'isBehind'>;
  /** Let what was said leave, then close. */
  readonly close: (reason: string) => void;
};

type StartedCall = {
  readonly id: RpcId;
  readonly method: string;
  readonly requestId: string;
  readonly uploads: CallUploads;
  /** Made when there is something to tell. */
  progress: CallProgress | null;
  /** Null until the call asks for them. */
  opened: CallSubscriptions | null;
};

const gone = (): AirlockError => new AirlockError('cancelled', 'Cannot finish the call: the connection was closed');
const byCaller = (): AirlockError => new AirlockError('cancelled', 'Cannot finish the call: the caller cancelled it');
const answered = (): AirlockError => new AirlockError('cancelled', 'Cannot read the stream: its call is answered');
const idInUse = (): AirlockError =>
  new AirlockError('invalid_request', 'Cannot run request: a call with this id is in flight');

const isRpcId = (id: unknown): id is RpcId => typeof id === 'string' || typeof id === 'number';

/** An authenticated peer. Disposal: the peer is gone, its calls are aborted unanswered, its subscriptions end. */
export class Session implements Disposable {
  readonly #deps: ConnectionDeps;
  readonly #input: SessionInput;
  readonly #calls: CallTable = makeCallTable();
  readonly #uploads: Uploads;
  readonly #downloads: Downloads;
  readonly #subscriptions: Subscriptions;
  readonly #rate: ConnectionRate;
  readonly #admission: AdmissionDeps;
  readonly #deadlines: Deadlines;
  #lastCall = 0;
  #isGone = false;

  constructor(deps: ConnectionDeps, input: SessionInput) {
    const { clock, hub, bootId, config, heldBytes } = deps;
    const { caller, outbox } = input;
    this.#deps = deps;
    this.#input = input;
    this.#rate = makeConnectionRate(deps);
    this.#deadlines = makeDeadlines(clock);
    this.#admission = { methods: deps.methods, refusal: deps.refusal, config, rate: this.#rate };
    const grant = (stream: number, bytes: number): void => this.#notify('$/credit', { stream, bytes });
    this.#uploads = input.hasStreams ? makeUploads({ grant }) : NO_UPLOADS;
    this.#downloads = makeDownloads({ clock, heldBytes, send: outbox.sendChunk, isFlowing: outbox.isFlowing });
    this.#subscriptions = makeSubscriptions(
      {
        clock,
        hub,
        bootId,
        caller,
        isBehind: outbox.isBehind,
        send: (body) => {
          if (!this.#isGone) outbox.send(body);
        },
        maxBytes: config.jsonFrame,
      },
      { limit: config.subscriptions },
    );
  }

  /** Handle one message: start a call, cancel one, grant credit, or answer what is no valid request. */
  receive(message: RpcMessage): void {
    switch (message.kind) {
      case 'request':
        return this.#start(message);
      case 'invalid':
        return this.#refuse(message.id, new AirlockError('invalid_request', message.message));
      case 'notification':
        // Any other notification has no answer and, so far, no meaning here.
        if (message.method === '$/cancelRequest') this.#cancel(message.params['id']);
        if (message.method === '$/credit') this.#downloads.credit(message.params['stream'], message.params['bytes']);
        return;
      case 'result':
      case 'error':
        // This side asks nothing, so these answer nothing.
        return;
      default:
        return assertNever(message);
    }
  }

  /**
   * Handle one chunk.
   *
   * @returns Why the connection cannot go on, or null.
   */
  receiveChunk(chunk: Chunk): string | null {
    return this.#uploads.receive(chunk);
  }

  /** Everything that was sent has left: send what had to wait. */
  drained(): void {
    this.#subscriptions.catchUp();
    this.#downloads.pump();
  }

  /** Resolves as soon as every call that was taken is answered, and every answer is sent whole. */
  async idle(): Promise<void> {
    await this.#calls.idle();
    await this.#downloads.idle();
  }

  /** Answer every call in flight with this failure, and break off every answer that is not sent whole, now. */
  abortCalls(reason: AirlockError): void {
    this.#calls.abortAll(reason);
    this.#downloads.abortAll(reason.message);
  }

  [Symbol.dispose](): void {
    this.#isGone = true;
    this.#calls.abortAll(gone());
    this.#downloads[Symbol.dispose]();
    this.#subscriptions[Symbol.dispose]();
    this.#deadlines[Symbol.dispose]();
  }

  #notify(method: string, params: unknown): void {
    if (!this.#isGone) this.#input.outbox.send(writeNotification(method, params));
  }

  #refuse(id: RpcId | null, error: AirlockError): void {
    this.#input.outbox.send(writeError(id, toRpcError(error)));
  }

  #cancel(id: unknown): void {
    if (!isRpcId(id)) return;
    this.#calls.abort(id, byCaller());
    this.#downloads.cancel(id);
  }

  /** Calls and results that have streams now: both count against one limit. */
  #streams(): number {
    return this.#uploads.size() + this.#downloads.size();
  }

  /** Answer a call that may not start. */
  #turnAway(id: RpcId, error: AirlockError): void {
    this.#refuse(id, error);
    if (error.code === 'rate_limited' && this.#rate.isOver()) this.#input.close('it does not heed its rate limit');
  }

  #start(request: CallRequest): void {
    const { id, method } = request;
    // The answer to an id in use has no id: with one, the caller would take it for the answer of the call that goes on.
    const streams = namedStreams(request.params);
    if (this.#calls.has(id)) {
      this.#uploads.refuse(streams);
      return this.#refuse(null, idInUse());
    }
    const load = { calls: this.#calls.size(), streams: this.#streams() };
    const { kid } = this.#input.caller;
    const refusal = refusalOf(this.#admission, { method, kid, hasStreams: streams.length > 0 }, load);
    if (refusal !== null) {
      this.#uploads.refuse(streams);
      return this.#turnAway(id, refusal);
    }
    this.#lastCall += 1;
    const requestId = `${this.#input.session}-${this.#lastCall}`;
    const progress = streams.length === 0 ? null : this.#progressOf(request);
    const uploads = streams.length === 0 ? this.#uploads.none : this.#uploadsOf(request, streams, progress);
    this.#run(request, { id, method, requestId, uploads, progress, opened: null });
  }

  #uploadsOf({ id, method }: CallRequest, streams: readonly number[], progress: CallProgress | null): CallUploads {
    const charge = makeStreamCharge(this.#deps, { kid: this.#input.caller.kid, method });
    return this.#uploads.forCall(streams, {
      onAbort: () => this.#calls.abort(id, byCaller()),
      onBytes: (bytes) => {
        charge(bytes);
        progress?.received(bytes);
      },
    });
  }

  #progressOf({ params }: CallRequest): CallProgress {
    const notify = (method: string, told: unknown): void => this.#notify(method, told);
    return makeProgress({ clock: this.#deps.clock, notify }, params);
  }

  #run(request: CallRequest, started: StartedCall): void {
    const { log, methods } = this.#deps;
    const { caller } = this.#input;
    const { requestId, uploads } = started;
    const subscriptions = () => (started.opened ??= this.#subscriptions.forCall()).port;
    const progress: ProgressPort = (told) => (started.progress ??= this.#progressOf(request)).report(told);
    const call = startCall(
      { deadlines: this.#deadlines, log, methods, caller, subscriptions, uploads: uploads.port, progress, requestId },
      request,
    );
    this.#calls.add(request.id, call);
    void this.#finish(started, call);
  }

  async #finish(started: StartedCall, call: RunningCall): Promise<void> {
    const answer = await call.answer;
    const { id, uploads } = started;
    uploads.end(() => call.abortReason ?? answered());
    // Order: before the answer, after which nobody listens to the token; code that runs on tells nobody.
    (started.progress ??= SILENT).end();
    if (!this.#isGone) this.#input.outbox.send(this.#bodyOf(started, answer));
    // Order: answered only now, so that a drain that waits for idle finds the answer handed to the wire.
    this.#calls.answered(id);
    started.opened?.settle(!this.#isGone && answer.kind === 'result');
  }

  #openDownload(id: RpcId, body: Buffer): DownloadHeader {
    const { streams } = this.#deps.config;
    if (this.#streams() >= streams) throw tooManyInFlight('streams', streams);
    return this.#downloads.open(id, body);
  }

  #answerOptions({ id, method }: StartedCall): AnswerOptions {
    const maxBytes = this.#deps.config.jsonFrame;
    if (this.#deps.methods.get(method)?.spec.largeResult !== true) return { maxBytes };
    const open = (body: Buffer): DownloadHeader => this.#openDownload(id, body);
    return { maxBytes, large: { open: this.#input.hasStreams ? open : null } };
  }

  #bodyOf(started: StartedCall, answer: CallAnswer): string {
    const { id, method, requestId } = started;
    const options = this.#answerOptions(started);
    try {
      return writeAnswer(id, answer, options);
    } catch (thrown) {
      // A result that JSON cannot hold is a bug of the method; its caller still gets one answer.
      const error = toAnswerError(this.#deps.log, thrown, { method, requestId });
      return writeAnswer(id, { kind: 'error', error }, options);
    }
  }
}
