// The wire against bare node:net, with the same layout of processes: a server of its own, a client here. airlock's end is the real
// client library and the real server, with methods that do nothing. Both are measured by turns; the round with the middle ratio is the
// one that counts. `node bench/link.ts ping` (or `calls`, `upload`, `chunks`, `connect`, `idle`) takes one figure alone.

import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { frameOf, KIB_TEXT, latencyUs, makeRawEcho, perSecond } from './echo.ts';
import { type BenchLink, type Opened, openBenchLink } from './link-client.ts';
import { median, proportionalMiB, report } from './support.ts';

const ROUNDS = 7;
const MIB = 1024 ** 2;
const BULK_BYTES = 128 * MIB;
const CHUNK_BYTES = 65_536;
const PAYLOADS_IN_FLIGHT = 4;
const CONNECTS = 200;
const IDLE_CONNECTIONS = 500;

type Side = () => Promise<number>;
type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly airlock: Side;
  readonly raw: Side;
  readonly limitIs: string;
};

/** Both by turns, once each to get warm first. */
async function compare({ name, unit, airlock, raw, limitIs }: Figure): Promise<void> {
  await raw();
  await airlock();
  const rounds: { readonly measured: number; readonly limit: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push({ limit: await raw(), measured: await airlock() });
  const [middle] = rounds.toSorted((a, b) => a.measured / a.limit - b.measured / b.limit).slice(ROUNDS >> 1);
  if (middle !== undefined) report(name, { ...middle, unit, limitIs });
}

const mibPerSecond = (started: number): number => BULK_BYTES / MIB / ((performance.now() - started) / 1000);

async function* bytes(count: number): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let sent = 0; sent < count; sent += CHUNK_BYTES) yield chunk;
}

async function connectRaw(path: string): Promise<Socket> {
  const socket = connectSocket(path);
  await once(socket, 'connect');
  return socket;
}

/** So many bytes one way to a server that counts them and says each time that all are there. */
async function openSink(path: string, payloadBytes: number): Promise<Socket> {
  const socket = await connectRaw(path);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(payloadBytes);
  socket.write(size);
  return socket;
}

async function writeFrames(socket: Socket, count: number): Promise<void> {
  const chunk = frameOf(Buffer.alloc(CHUNK_BYTES));
  for (let sent = 0; sent < count; sent += CHUNK_BYTES) if (!socket.write(chunk)) await once(socket, 'drain');
}

const framed = (count: number): number => (count / CHUNK_BYTES) * (CHUNK_BYTES + 4);

async function uploadFigure(link: BenchLink): Promise<void> {
  const socket = await openSink(link.sink, framed(BULK_BYTES));
  await compare({
    name: 'upload stream, 128 MiB (at least 0.8)',
    unit: 'MiB/s',
    limitIs: '64 KiB frames one way to a node:net server that counts them',
    airlock: async () => {
      const started = performance.now();
      await link.upload(bytes(BULK_BYTES));
      return mibPerSecond(started);
    },
    raw: async () => {
      const started = performance.now();
      const done = once(socket, 'data');
      await writeFrames(socket, BULK_BYTES);
      await done;
      return mibPerSecond(started);
    },
  });
  socket.destroy();
}

async function inLanes(count: number, one: (lane: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const run = async (lane: number): Promise<void> => {
    while (next < count) {
      next += 1;
      await one(lane);
    }
  };
  await Promise.all(Array.from({ length: PAYLOADS_IN_FLIGHT }, (_, lane) => run(lane)));
}

/** Payloads that are a call each, four in flight: on one connection here, on one each there. */
async function chunksFigure(link: BenchLink, payloadBytes: number): Promise<void> {
  const sockets = await Promise.all(
    Array.from({ length: PAYLOADS_IN_FLIGHT }, () => openSink(link.sink, framed(payloadBytes))),
  );
  const count = BULK_BYTES / payloadBytes;
  await compare({
    name: `payloads of ${payloadBytes / 1024} KiB as chunks, a call each (at least 0.8)`,
    unit: 'MiB/s',
    limitIs: '64 KiB frames to node:net servers that say when a payload is whole, four in flight',
    airlock: async () => {
      const started = performance.now();
      await inLanes(count, () => link.upload(bytes(payloadBytes)));
      return mibPerSecond(started);
    },
    raw: async () => {
      const started = performance.now();
      await inLanes(count, async (lane) => {
        const socket = sockets[lane];
        if (socket === undefined) throw new Error('there is no such lane');
        const done = once(socket, 'data');
        await writeFrames(socket, payloadBytes);
        await done;
      });
      return mibPerSecond(started);
    },
  });
  for (const socket of sockets) socket.destroy();
}

async function echoFigures(link: BenchLink, only: string | undefined): Promise<void> {
  const socket = await connectRaw(link.raw);
  const raw = makeRawEcho(socket);
  const small = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"deadlineMs":30000}}}');
  const kib = Buffer.alloc(1100, 'x');
  const limitIs = 'node:net echoing length-prefixed opaque bytes, same layout of processes';
  if (only !== 'calls') {
    await compare({
      name: 'ping p50 (at most 2)',
      unit: 'µs',
      limitIs,
      airlock: () => latencyUs(link.ping),
      raw: () => latencyUs(() => raw(small)),
    });
  }
  if (only !== 'ping') {
    await compare({
      name: '1 KiB calls, 16 in flight, schemas checked (at least 0.4)',
      unit: 'a second',
      limitIs,
      airlock: () => perSecond(() => link.echo(KIB_TEXT)),
      raw: () => perSecond(() => raw(kib)),
    });
  }
  socket.destroy();
}

async function connectFigure(link: BenchLink): Promise<void> {
  const medianMs = async (open: () => Promise<AsyncDisposable>): Promise<number> => {
    const times: number[] = [];
    for (let index = 0; index < CONNECTS; index += 1) {
      const started = performance.now();
      await using _opened = await open();
      times.push(performance.now() - started);
    }
    return median(times);
  };
  const openRaw = async (): Promise<AsyncDisposable> => {
    const socket = await connectRaw(link.raw);
    await makeRawEcho(socket)(Buffer.from('x'));
    return {
      [Symbol.asyncDispose]: async () => {
        const closed = once(socket, 'close');
        socket.destroy();
        await closed;
      },
    };
  };
  await compare({
    name: 'connect and both proofs, p50 (at most 1.5 ms)',
    unit: 'ms',
    limitIs: 'node:net: connect and one echo',
    airlock: () => medianMs(link.open),
    raw: () => medianMs(openRaw),
  });
}

/** Memory that the server keeps for each of many connections that say nothing. */
async function idleFigure(link: BenchLink): Promise<void> {
  const kibEach = async (open: () => Promise<unknown>): Promise<number> => {
    const before = proportionalMiB(link.serverPid);
    for (let index = 0; index < IDLE_CONNECTIONS; index += 1) await open();
    return ((proportionalMiB(link.serverPid) - before) * 1024) / IDLE_CONNECTIONS;
  };
  const opened: Opened[] = [];
  const sockets: Socket[] = [];
  const limit = await kibEach(async () => sockets.push(await connectRaw(link.raw)));
  const measured = await kibEach(async () => opened.push(await link.open()));
  report('memory of the server for each idle connection', {
    measured,
    limit,
    unit: 'KiB',
    limitIs: 'a node:net connection that says nothing',
  });
  for (const socket of sockets) socket.destroy();
  await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()));
}

const only = process.argv[2];
const isWanted = (name: string): boolean => only === undefined || only === name;
await using link = await openBenchLink();
if (isWanted('ping') || isWanted('calls')) await echoFigures(link, only);
if (isWanted('upload')) await uploadFigure(link);
if (isWanted('chunks')) for (const payloadBytes of [CHUNK_BYTES, MIB]) await chunksFigure(link, payloadBytes);
if (isWanted('connect')) await connectFigure(link);
if (isWanted('idle')) await idleFigure(link);
