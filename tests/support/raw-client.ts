// A client written from the protocol page alone: node:net and frames by hand, nothing of src. It can also misbehave.

import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';

/** A message as it came: any JSON object. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers are picked apart field by field in assertions
export type RawMessage = { readonly [member: string]: any };

/** A key as a client holds it. */
export type RawKey = { readonly kid: string; readonly key: string };

/** Where and as whom to authenticate. */
export type RawLogin = RawKey & { readonly endpoint: string; readonly instance: string };

/** One frame: 4 bytes of length, then the body. */
export function frame(body: string | Uint8Array): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(bytes.length);
  return Buffer.concat([header, bytes]);
}

/** The proof of one side, as protocol.md 3 writes it. */
export function prove(
  side: 'server' | 'client',
  login: RawLogin,
  nonces: readonly [string, string],
  version = '1',
): string {
  const text = ['airlock-ipc', side, version, login.instance, login.endpoint, ...nonces].join('\n');
  return createHmac('sha256', Buffer.from(login.key, 'base64url')).update(text).digest('base64url');
}

/** A chunk as it came; flags: 1 END, 2 ABORT. */
export type RawChunk = { readonly stream: number; readonly flags: number; readonly payload: Buffer };

/** One chunk frame. */
export function chunkFrame(stream: number, payload: Uint8Array | string, flags = 0): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(1, 0);
  header.writeUInt8(flags, 1);
  header.writeUInt32BE(stream, 4);
  return frame(Buffer.concat([header, Buffer.from(payload)]));
}

/** One raw connection. */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  /** Resolves when the server has closed, or we have. */
  readonly closed: Promise<void>;
  /** Everything that came and was not taken yet. */
  readonly messages: RawMessage[] = [];
  /** Chunks that came, in order. */
  readonly chunks: RawChunk[] = [];
  #onChunk = Promise.withResolvers<void>();
  #pending = Buffer.alloc(0);
  #waiting: { readonly matches: (message: RawMessage) => boolean; readonly resolve: (message: RawMessage) => void }[] =
    [];
  #isClosed = false;
  #lastId = 0;
  readonly #arrivals = new WeakMap<RawMessage, number>();
  #arrived = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    // Not once(): it rejects at an `error`, and a reset is one of the ends that tests wait for.
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Send bytes as they are. */
  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Send one message in one frame. */
  send(message: unknown): void {
    this.write(frame(JSON.stringify(message)));
  }

  /** The first message that matches, taken out; rejects when the connection closes before it comes. */
  next(matches: (message: RawMessage) => boolean = () => true): Promise<RawMessage> {
    const index = this.messages.findIndex(matches);
    const [found] = index === -1 ? [] : this.messages.splice(index, 1);
    if (found !== undefined) return Promise.resolve(found);
    const { promise, resolve, reject } = Promise.withResolvers<RawMessage>();
    this.#waiting.push({ matches, resolve });
    void this.closed.then(() => reject(new Error('Cannot read a message: the connection was closed')));
    return promise;
  }

  /** The answer to the call with this id. */
  answer(id: string | number | null): Promise<RawMessage> {
    return this.next((message) => message['id'] === id);
  }

  /** The next notification of this method. */
  notification(method: string): Promise<RawMessage> {
    return this.next((message) => message['method'] === method);
  }

  /** Call a method and wait for its answer. */
  call(method: string, params?: unknown): Promise<RawMessage> {
    this.#lastId += 1;
    const id = `raw-${this.#lastId}`;
    this.send({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) });
    return this.answer(id);
  }

  /** Send one chunk. */
  chunk(stream: number, payload: Uint8Array | string, flags = 0): void {
    this.write(chunkFrame(stream, payload, flags));
  }

  /** Start a call and do not wait for its answer. */
  begin(id: string | number, method: string, params: unknown = {}): void {
    this.send({ jsonrpc: '2.0', id, method, params });
  }

  /** Grant credit. */
  grant(stream: number, bytes: number): void {
    this.send({ jsonrpc: '2.0', method: '$/credit', params: { stream, bytes } });
  }

  /** Resolves as soon as so many bytes of chunks came, or the last chunk of one has. */
  async chunksOf(bytes: number): Promise<readonly RawChunk[]> {
    const enough = (): boolean =>
      this.chunks.reduce((sum, { payload }) => sum + payload.length, 0) >= bytes ||
      this.chunks.some(({ flags }) => flags !== 0);
    while (!enough()) await this.#onChunk.promise;
    return this.chunks;
  }

  /** `hello`, with the nonces of both sides. */
  async hello(login: RawLogin): Promise<{ readonly answer: RawMessage; readonly nonces: readonly [string, string] }> {
    const nonce = randomBytes(32).toString('base64url');
    const answer = await this.call('hello', {
      protocol: { min: 1, max: 1 },
      kid: login.kid,
      nonce,
      client: { name: 'raw', version: '0' },
    });
    return { answer, nonces: [nonce, answer['result']?.nonce] };
  }

  /** Both calls of the handshake; answers what `authenticate` answered. */
  async login(login: RawLogin, capabilities: readonly string[] = []): Promise<RawMessage> {
    const { answer, nonces } = await this.hello(login);
    if (answer['result']?.proof !== prove('server', login, nonces))
      throw new Error('Cannot log in: wrong server proof');
    return this.call('authenticate', { proof: prove('client', login, nonces), capabilities });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #onBytes(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= 4) {
      const size = this.#pending.readUInt32BE(0);
      if (this.#pending.length < 4 + size) return;
      const body = this.#pending.subarray(4, 4 + size);
      this.#pending = this.#pending.subarray(4 + size);
      if (body[0] === 1) this.#takeChunk(body);
      else this.#take(JSON.parse(body.toString('utf8')));
    }
  }

  #takeChunk(body: Buffer): void {
    this.chunks.push({ stream: body.readUInt32BE(4), flags: body.readUInt8(1), payload: body.subarray(8) });
    this.#onChunk.resolve();
    this.#onChunk = Promise.withResolvers();
  }

  /** Which message of this connection it was, from 1: several that come in one piece are taken later than they came. */
  arrivalOf(message: RawMessage): number {
    return this.#arrivals.get(message) ?? Number.NaN;
  }

  #take(message: RawMessage): void {
    this.#arrivals.set(message, (this.#arrived += 1));
    const index = this.#waiting.findIndex(({ matches }) => matches(message));
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) this.messages.push(message);
    else waiting.resolve(message);
  }
}

/** Connect, and say nothing. */
export async function connectRaw(endpoint: string): Promise<RawClient> {
  const socket = connectSocket(endpoint);
  await once(socket, 'connect');
  return new RawClient(socket);
}
