// A remote report server as a program of its own: `node tests/support/sink/server.ts [--tls] [--mode JSON]`.
//
// Prints {"port","controlPort"} as one JSON line. The control port takes PUT /modes (a list of modes) and gives GET /requests
// and GET /bodies (what came of each body, as text).

import { createHash } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { type AddressInfo, type Server, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { SINK_CERTIFICATE, SINK_KEY } from './certificate.ts';
import type { SinkMode, SinkRequest } from './modes.ts';

const { values } = parseArgs({ options: { tls: { type: 'boolean', default: false }, mode: { type: 'string' } } });

let modes: SinkMode[] = [values.mode === undefined ? { kind: 'id' } : (JSON.parse(values.mode) as SinkMode)];
const requests: SinkRequest[] = [];
const bodies: (() => string)[] = [];
const connections = new WeakMap<Socket, number>();
let connectionCount = 0;

function connectionOf(socket: Socket): number {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  connectionCount += 1;
  connections.set(socket, connectionCount);
  return connectionCount;
}

function reportIdOf(body: Buffer): string | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : null;
    return typeof id === 'string' ? id : null;
  } catch {
    // Not JSON, or cut.
    return null;
  }
}

/** Record the request, and keep the record up to date while its body comes. */
function record(request: IncomingMessage, onBytes: (bytes: number) => void): Promise<SinkRequest> {
  const index = requests.length;
  const chunks: Buffer[] = [];
  const describe = (): SinkRequest => {
    const body = Buffer.concat(chunks);
    return {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      hasAuthorization: request.headers.authorization !== undefined,
      reportId: reportIdOf(body),
      bodyBytes: body.byteLength,
      bodySha256: createHash('sha256').update(body).digest('hex'),
      isComplete: request.complete,
      connection: connectionOf(request.socket),
    };
  };
  requests.push(describe());
  bodies.push(() => Buffer.concat(chunks).toString('utf8'));
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.byteLength;
    onBytes(size);
  });
  request.on('error', () => undefined);
  return new Promise((resolve) => {
    request.on('close', () => {
      requests[index] = describe();
    });
    request.on('end', () => {
      const done = describe();
      requests[index] = done;
      resolve(done);
    });
  });
}

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(body);
}

function drip(response: ServerResponse, everyMs: number): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const timer = setInterval(() => response.write(' '), everyMs);
  response.on('close', () => clearInterval(timer));
}

/** Resolves when modes are set: what `hold` waits for. */
let released = Promise.withResolvers<void>();

async function respond(mode: SinkMode, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const recorded = record(request, (bytes) => {
    if (mode.kind === 'reset' && bytes >= mode.afterBytes) request.socket.resetAndDestroy();
  });
  if (mode.kind === 'early_413') {
    answer(response, 413, '{"message":"too large"}', { Connection: 'close' });
    return;
  }
  const { reportId } = await recorded;
  switch (mode.kind) {
    case 'id':
      return answer(response, 200, JSON.stringify([{ ID: reportId ?? 'unknown' }]));
    case 'status':
      return answer(response, mode.status, mode.body ?? '', mode.headers);
    case 'hold':
      await released.promise;
      return answer(response, 200, JSON.stringify([{ ID: reportId ?? 'unknown' }]));
    case 'quote_token':
      return answer(response, 400, JSON.stringify({ message: `bad header ${request.headers.authorization ?? ''}` }));
    case 'drip':
      return drip(response, mode.everyMs);
    case 'cut':
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{"ID":');
      setImmediate(() => request.socket.destroy());
      return;
    case 'close':
      request.socket.destroy();
      return;
    case 'garbage':
      request.socket.end('220 mail.example.com ESMTP\r\n');
      return;
    case 'hang':
    case 'reset':
      return;
  }
}

const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
  const [mode, ...rest] = modes;
  if (rest.length > 0) modes = rest;
  void respond(mode ?? { kind: 'id' }, request, response);
};

async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === '/requests') return answer(response, 200, JSON.stringify(requests));
  if (request.method === 'GET' && request.url === '/bodies') {
    return answer(response, 200, JSON.stringify(bodies.map((read) => read())));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  modes = JSON.parse(Buffer.concat(chunks).toString('utf8')) as SinkMode[];
  released.resolve();
  released = Promise.withResolvers();
  return answer(response, 200, '{}');
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const sink = values.tls
  ? https.createServer({ cert: SINK_CERTIFICATE, key: SINK_KEY }, onRequest)
  : http.createServer(onRequest);
// A server that says "continue" only to those it will hear out.
sink.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
  if (modes[0]?.kind !== 'early_413') response.writeContinue();
  onRequest(request, response);
});
sink.on('clientError', (_error, socket) => socket.destroy());

const port = await listen(sink);
const controlPort = await listen(http.createServer((request, response) => void control(request, response)));
process.stdout.write(`${JSON.stringify({ port, controlPort })}\n`);
// The parent holds this pipe: when it is gone, so is the sink.
process.stdin.on('end', () => process.exit(0)).resume();
