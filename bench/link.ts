// The wire against bare node:net echoing length-prefixed bytes, with the same layout of processes: a server of its own, a client here.
// airlock's end is the real client library and the real server, with methods that do nothing. Both are measured by turns; the round
// with the middle ratio is the one that counts. `node bench/link.ts ping`, `calls` or `upload` takes one figure alone.

import { fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { authenticate } from '../src/client/authenticate.ts';
import { type Client, makeClient } from '../src/client/client.ts';
import { Connection, type Invocation } from '../src/client/connection.ts';
import { makeEventRouter } from '../src/client/events.ts';
import { LinkKeeper } from '../src/client/link-keeper.ts';
import { makePacer } from '../src/client/pacer.ts';
import { makeProgressBoard } from '../src/client/progress.ts';
import { systemClock } from '../src/core/clock.ts';
import { toKeyId } from '../src/core/ids.ts';
import { Secret } from '../src/core/secret.ts';
import { PRE_AUTH_CAPS } from '../src/link/framing.ts';
import { makeNodeIpcTransport } from '../src/link/transport.ts';
import { echoText } from './echo-method.ts';
import { median, report } from './support.ts';

const ROUNDS = 7;
const PINGS = 3000;
const CALLS = 10_000;
const IN_FLIGHT = 16;
const MIB = 1024 ** 2;
const BULK_BYTES = 128 * MIB;
const CHUNK_BYTES = 65_536;
const DEADLINE_MS = 60_000;

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

type Opened = Disposable & { readonly connection: Connection; readonly client: Client };

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
  const session = await authenticate({ connection, random: randomBytes }, input, { deadlineMs: 5000 });
  const pacer = makePacer({ clock: systemClock }, session.rate);
  const base = { clock: systemClock, random: Math.random };
  const keeper = new LinkKeeper({ ...base, open: null }, { connection, session, events: makeEventRouter() });
  const client = makeClient({ ...base, keeper, pacer, progress: makeProgressBoard(), makeKey: randomUUID });
  return { connection, client, [Symbol.dispose]: () => void connection.close(100) };
}

/** A method that is no part of the protocol, called as the client calls the others: with a deadline at both ends. */
const call = (connection: Connection, method: string, params: object, more: Partial<Invocation<unknown>> = {}) =>
  connection.invoke(
    { method, params: { ...params, _meta: { deadlineMs: DEADLINE_MS } }, accept: (result) => result, ...more },
    { deadlineMs: DEADLINE_MS },
  );

async function airlockBulk(connection: Connection): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < BULK_BYTES; sent += CHUNK_BYTES) yield chunk;
  }
  const started = performance.now();
  await call(connection, 'bench/sink', { stream: 1 }, { upload: new Map([[1, source()]]) });
  return BULK_BYTES / MIB / ((performance.now() - started) / 1000);
}

type Side = () => Promise<number>;
type Figure = { readonly name: string; readonly unit: string; readonly airlock: Side; readonly raw: Side };

/** Both by turns, once each to get warm first. */
async function compare({ name, unit, airlock, raw }: Figure, limitIs: string): Promise<void> {
  await raw();
  await airlock();
  const rounds: { readonly measured: number; readonly limit: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push({ limit: await raw(), measured: await airlock() });
  const [middle] = rounds.toSorted((a, b) => a.measured / a.limit - b.measured / b.limit).slice(ROUNDS >> 1);
  if (middle !== undefined) report(name, { ...middle, unit, limitIs });
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
  const { connection, client } = opened;
  const small = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"deadlineMs":30000}}}');
  const params = { text: 'x'.repeat(1024) };
  const kib = Buffer.alloc(1100, 'x');
  const ping: Echo = () => client.call('ping', {});
  const echoKib: Echo = () =>
    call(connection, echoText.name, params, { accept: (result) => echoText.result.parse(result) });

  const echoed = 'node:net echoing length-prefixed opaque bytes, same layout of processes';
  const counted = '64 KiB frames one way to a node:net server that counts them';
  const figures = {
    ping: () =>
      compare(
        {
          name: 'ping p50 (at most 2)',
          unit: 'µs',
          airlock: () => latencyUs(ping, small),
          raw: () => latencyUs(echo, small),
        },
        echoed,
      ),
    calls: () =>
      compare(
        {
          name: '1 KiB calls, 16 in flight, schemas checked (at least 0.4)',
          unit: 'a second',
          airlock: () => perSecond(echoKib, kib),
          raw: () => perSecond(echo, kib),
        },
        echoed,
      ),
    upload: () =>
      compare(
        {
          name: 'upload stream (at least 0.8)',
          unit: 'MiB/s',
          airlock: () => airlockBulk(connection),
          raw: () => rawBulk(bulkSocket),
        },
        counted,
      ),
  };
  const only = process.argv[2];
  for (const [name, take] of Object.entries(figures)) if (only === undefined || only === name) await take();
}
rawSocket.destroy();
bulkSocket.destroy();
server.disconnect();
await once(server, 'exit');
await rm(folder, { recursive: true });
