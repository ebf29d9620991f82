// One request over HTTP/1.1: vetted address, no redirects, three time limits, a capped answer, one retry on a stale socket.

import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { BLOCKED_ADDRESS, checkAddress, checkUrl, makeVettedLookup, type ResolveAll } from './address-check.ts';

/** What a client needs. */
export type HttpClientDeps = {
  readonly clock: Pick<Clock, 'after'>;
  /** DNS; the system's unless a test passes its own. */
  readonly resolve?: ResolveAll;
};

/** Limits of one client. */
export type HttpClientOptions = {
  readonly url: URL;
  /** Exact hosts that may be private or spoken to without TLS. */
  readonly allowHosts: readonly string[];
  /** Sockets at once. */
  readonly maxSockets: number;
  /** Milliseconds until connected, DNS and TLS included. */
  readonly connectMs: number;
  /** Milliseconds without a byte in either direction. */
  readonly idleMs: number;
};

/** One request; without `method` a POST. A GET sends no body. */
export type HttpPost = {
  readonly method?: 'GET';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** What came back. Header texts and body are as the server sent them. */
export type HttpAnswer = {
  readonly status: number;
  readonly location: string | null;
  readonly retryAfter: string | null;
  /** At most 64 KiB, as UTF-8. */
  readonly body: string;
  /** Did the answer end early, or pass the cap? */
  readonly isCut: boolean;
};

/** Why there was no answer. `why` and `code` hold no secret. */
export type HttpFailure =
  | { readonly kind: 'blocked'; readonly why: string }
  | { readonly kind: 'timed_out'; readonly limit: 'connect' | 'idle'; readonly limitMs: number }
  /** Code of the system, of TLS or of the HTTP parser. */
  | { readonly kind: 'failed'; readonly code: string };

/** How a request ended. */
export type HttpOutcome = { readonly kind: 'answered'; readonly answer: HttpAnswer } | HttpFailure;

/** Posts to one URL; disposing it closes its sockets. */
export type HttpClient = Disposable & {
  /** Rejects with `signal.reason` when aborted; never for what the network or the server does. */
  readonly post: (post: HttpPost, options: { readonly signal: AbortSignal }) => Promise<HttpOutcome>;
};

const MAX_ANSWER_BYTES = 64 * 1024;
/** Free sockets are closed after this: before a server with the usual 5 s would close them under us. */
const FREE_SOCKET_MS = 4_000;
/** From this size on the server is asked first (Expect: 100-continue), so that a 413 costs no upload. */
const EXPECT_FROM_BYTES = 1024 * 1024;
const EXPECT_WAIT_MS = 1_000;
const STALE_CODES: readonly string[] = ['ECONNRESET', 'EPIPE'];

type Context = HttpClientDeps & { readonly options: HttpClientOptions };
type Attempt = HttpPost & { readonly agent: http.Agent; readonly signal: AbortSignal; readonly canExpect: boolean };
type Ended = { readonly outcome: HttpOutcome; readonly isStale: boolean };

function toFailure(error: Error): HttpFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  return code === BLOCKED_ADDRESS ? { kind: 'blocked', why: error.message } : { kind: 'failed', code };
}

function collect(response: IncomingMessage): Promise<HttpAnswer> {
  const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, MAX_ANSWER_BYTES - size));
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) response.destroy();
  });
  // The status is known: an answer that breaks off is judged by it, so 'close' alone decides.
  response.on('error', () => undefined);
  response.on('close', () => {
    resolve({
      status: response.statusCode ?? 0,
      location: response.headers.location ?? null,
      retryAfter: response.headers['retry-after'] ?? null,
      body: Buffer.concat(chunks).toString('utf8'),
      isCut: !response.complete || size > MAX_ANSWER_BYTES,
    });
  });
  return promise;
}

function begin({ options, resolve }: Context, attempt: Attempt): ClientRequest {
  const { url, allowHosts, idleMs } = options;
  const expects = attempt.canExpect && attempt.body.byteLength >= EXPECT_FROM_BYTES;
  const request = url.protocol === 'https:' ? https.request : http.request;
  return request(url, {
    method: attempt.method ?? 'POST',
    agent: attempt.agent,
    headers: {
      ...attempt.headers,
      ...(attempt.method === 'GET' ? {} : { 'Content-Length': String(attempt.body.byteLength) }),
      ...(expects ? { Expect: '100-continue' } : {}),
    },
    lookup: makeVettedLookup({ host: url.hostname, allowHosts }, resolve),
    timeout: idleMs,
    // Said here so that the environment variable that switches it off has no effect.
    ...(url.protocol === 'https:' ? { rejectUnauthorized: true } : {}),
  });
}

function sendBody({ clock }: Context, request: ClientRequest, body: Buffer): Disposable {
  if (request.getHeader('expect') === undefined) {
    request.end(body);
    return { [Symbol.dispose]: () => undefined };
  }
  const send = (): void => {
    if (!request.writableEnded && !request.destroyed) request.end(body);
  };
  request.once('continue', send);
  request.flushHeaders();
  // Source: RFC 9110 section 10.1.1: a server may never say "continue"; do not wait for ever.
  return clock.after(EXPECT_WAIT_MS, send);
}

function whenConnected(
  socket: Socket,
  { isReused, isTls }: { isReused: boolean; isTls: boolean },
  run: () => void,
): void {
  if (isReused) return run();
  socket.once(isTls ? 'secureConnect' : 'connect', run);
}

function exchange(context: Context, attempt: Attempt): Promise<Ended> {
  const { clock, options } = context;
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  const cleanup = new DisposableStack();
  const request = begin(context, attempt);
  let response: IncomingMessage | null = null;
  let hasAnswerByte = (): boolean => false;

  const settle = (outcome: HttpOutcome): void => {
    const isStale =
      outcome.kind === 'failed' && request.reusedSocket && !hasAnswerByte() && STALE_CODES.includes(outcome.code);
    cleanup.dispose();
    resolve({ outcome, isStale });
    // An answer that came before the whole body was sent leaves a socket that nobody can use again.
    if (outcome.kind !== 'answered' || !request.writableFinished) request.destroy();
  };
  const onAbort = (): void => {
    cleanup.dispose();
    reject(attempt.signal.reason);
    request.destroy();
  };

  attempt.signal.addEventListener('abort', onAbort, { once: true });
  cleanup.defer(() => attempt.signal.removeEventListener('abort', onAbort));
  request.on('socket', (socket) => {
    if (cleanup.disposed) return;
    const bytesBefore = socket.bytesRead;
    hasAnswerByte = () => socket.bytesRead > bytesBefore;
    const { connectMs, url, allowHosts } = options;
    const late = cleanup.use(
      clock.after(connectMs, () => settle({ kind: 'timed_out', limit: 'connect', limitMs: connectMs })),
    );
    whenConnected(socket, { isReused: request.reusedSocket, isTls: url.protocol === 'https:' }, () => {
      late[Symbol.dispose]();
      // Trust: nothing was sent so far, not even the header with the token; only a vetted peer gets it.
      const verdict = checkAddress(socket.remoteAddress ?? '', { host: url.hostname, allowHosts });
      if (verdict.kind === 'blocked') return settle(verdict);
      if (!cleanup.disposed) cleanup.use(sendBody(context, request, attempt.body));
    });
  });
  request.on('timeout', () => {
    if (response === null) settle({ kind: 'timed_out', limit: 'idle', limitMs: options.idleMs });
    else response.destroy();
  });
  request.on('response', (incoming) => {
    response = incoming;
    void collect(incoming).then((answer) => settle({ kind: 'answered', answer }));
  });
  request.on('error', (error) => {
    if (response === null) settle(toFailure(error));
  });
  return promise;
}

function makeAgent({ url, maxSockets }: HttpClientOptions, keepAlive: boolean): http.Agent {
  const options = { keepAlive, maxSockets, timeout: FREE_SOCKET_MS };
  return url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
}

/**
 * Make a client for one URL.
 *
 * Redirects are answers like any other. A socket that the server closed before a byte of the answer came is replaced once, at
 * once: with the same report id this cannot make a second report. Nothing else is retried: the store is the retry layer.
 *
 * @returns A client; the owner disposes it, which breaks requests that still run.
 */
export function makeHttpClient(deps: HttpClientDeps, options: HttpClientOptions): HttpClient {
  const context: Context = { ...deps, options };
  const agent = makeAgent(options, true);

  async function onFreshSocket(attempt: Omit<Attempt, 'agent'>): Promise<Ended> {
    const fresh = makeAgent(options, false);
    try {
      return await exchange(context, { ...attempt, agent: fresh });
    } finally {
      fresh.destroy();
    }
  }

  return {
    post: async (post, { signal }) => {
      signal.throwIfAborted();
      const verdict = checkUrl(options.url, options.allowHosts);
      if (verdict.kind === 'blocked') return verdict;

      const attempt = { ...post, signal, canExpect: true };
      const first = await exchange(context, { ...attempt, agent });
      if (first.isStale) return (await onFreshSocket(attempt)).outcome;
      // Source: RFC 9110 section 15.5.18: a server without Expect answers 417; ask again without.
      const isExpectRefused = first.outcome.kind === 'answered' && first.outcome.answer.status === 417;
      return isExpectRefused ? (await onFreshSocket({ ...attempt, canExpect: false })).outcome : first.outcome;
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}
