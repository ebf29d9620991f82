// The wire against bare node:net echoing length-prefixed bytes, with the same layout of processes: a server of its own, a client here.
// airlock's end is the real client library and the real server, with methods that do nothing.

import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { authenticate } from '../src/client/authenticate.ts';
import { Connection } from '../src/client/connection.ts';
import { systemClock } from '../src/core/clock.ts';
import { toKeyId } from '../src/core/ids.ts';
import { Secret } from '../src/core/secret.ts';
import { PRE_AUTH_CAPS } from '../src/link/framing.ts';
import { makeNodeIpcTransport } from '../src/link/transport.ts';
import { median, report } from './support.ts';

const PINGS = 3000;
const CALLS = 10_000;
const IN_FLIGHT = 16;
const MIB = 1024 ** 2;
const BULK_BYTES = 128 * MIB;
const CHUNK_BYTES = 65_536;

/** One message there and back. */
type Echo = (body: Buffer) => Promise<unknown>;

function frameOf(body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** Answers come in the order of the questions: a list of who waits is enough. */
function makeRawEcho(socket: Socket): Echo {
  const waiting: (() => void)[] = [];
  let pending = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
      pending = pending.subarray(4 + pending.readUInt32BE(0));
      waiting.shift()?.();
    }
  });
  return (body) =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      socket.write(frameOf(body));
    });
}

async function latencyUs(echo: Echo, body: Buffer): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < PINGS; index += 1) {
    const started = performance.now();
    await echo(body);
    times.push((performance.now() - started) * 1000);
  }
  return median(times);
}

async function perSecond(echo: Echo, body: Buffer): Promise<number> {
  let next = 0;
  const started = performance.now();
  const lane = async (): Promise<void> => {
    while (next < CALLS) {
      next += 1;
      await echo(body);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return (CALLS * 1000) / (performance.now() - started);
}

/** Bytes one way to a server that counts them and says when all are there; in MiB a second. */
async function rawBulk(socket: Socket): Promise<number> {
  const chunk = frameOf(Buffer.alloc(CHUNK_BYTES));
  const done = once(socket, 'data');
  const started = performance.now();
  for (let sent = 0; sent < BULK_BYTES; sent += CHUNK_BYTES) if (!socket.write(chunk)) await once(socket, 'drain');
  await done;
  return BULK_BYTES / MIB / ((performance.now() - started) / 1000);
}

type Opened = Disposable & { readonly connection: Connection };

async function openAirlock(endpoint: string, secret: Buffer): Promise<Opened> {
  const made = Promise.withResolvers<Connection>();
  await makeNodeIpcTransport({ clock: systemClock }).connect(
    endpoint,
    (wire) => {
      const connection = new Connection({ clock: systemClock, onNotification: () => undefined }, wire, PRE_AUTH_CAPS);
      made.resolve(connection);
      return connection.events;
    },
    { timeoutMs: 5000 },
  );
  const connection = await made.promise;
  const key = { kid: toKeyId('bench'), secret: new Secret(secret.toString('base64url')) };
  const input = { key, instance: 'bench', endpoint, client: { name: 'bench', version: '0' } };
  await authenticate({ connection, random: randomBytes }, input, { deadlineMs: 5000 });
  return { connection, [Symbol.dispose]: () => void connection.close(100) };
}

const call = (connection: Connection, method: string, params: object, upload?: AsyncIterable<Uint8Array>) =>
  connection.invoke(
    {
      method,
      params,
      accept: (result) => result,
      ...(upload === undefined ? {} : { upload: new Map([[1, upload]]) }),
    },
    { deadlineMs: 60_000 },
  );

async function airlockBulk(connection: Connection): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < BULK_BYTES; sent += CHUNK_BYTES) yield chunk;
  }
  const started = performance.now();
  await call(connection, 'bench/sink', { stream: 1 }, source());
  return BULK_BYTES / MIB / ((performance.now() - started) / 1000);
}

const folder = await mkdtemp(path.join(tmpdir(), 'airlock-link-'));
const [raw, bulk, airlock] = ['raw', 'bulk', 'airlock'].map((name) => path.join(folder, `${name}.sock`)) as [
  string,
  string,
  string,
];
const secret = randomBytes(32);
const server = fork(path.join(import.meta.dirname, 'link-server.ts'), [
  raw,
  bulk,
  airlock,
  secret.toString('base64url'),
  String((BULK_BYTES / CHUNK_BYTES) * (CHUNK_BYTES + 4)),
]);
await once(server, 'message');
const rawSocket = connectSocket(raw);
const bulkSocket = connectSocket(bulk);
const echo = makeRawEcho(rawSocket);
{
  using opened = await openAirlock(airlock, secret);
  const { connection } = opened;
  const small = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"bench/nothing","params":{}}');
  const text = 'x'.repeat(1024);
  const kib = Buffer.alloc(1100, 'x');
  const nothing: Echo = () => call(connection, 'bench/nothing', {});
  const echoText: Echo = () => call(connection, 'bench/echo', { text });
  for (const one of [echo, nothing, echoText]) await perSecond(one, kib);

  const limitIs = 'node:net echoing length-prefixed opaque bytes, same layout of processes';
  report('ping p50 (at most 2)', {
    measured: await latencyUs(nothing, small),
    limit: await latencyUs(echo, small),
    unit: 'µs',
    limitIs,
  });
  report('1 KiB calls, 16 in flight, schemas checked (at least 0.4)', {
    measured: await perSecond(echoText, kib),
    limit: await perSecond(echo, kib),
    unit: 'a second',
    limitIs,
  });
  report('upload stream (at least 0.8)', {
    measured: await airlockBulk(connection),
    limit: await rawBulk(bulkSocket),
    unit: 'MiB/s',
    limitIs: '64 KiB frames one way to a node:net server that counts them',
  });
}
rawSocket.destroy();
bulkSocket.destroy();
server.kill();
await once(server, 'exit');
await rm(folder, { recursive: true });
