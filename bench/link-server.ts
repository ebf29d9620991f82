// The other process of bench/link.ts: an echo, a sink and airlock's own server with methods that do nothing.

import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { ipcSchema } from '../src/config/schema/ipc.ts';
import { systemClock } from '../src/core/clock.ts';
import { makeEventBus } from '../src/core/event-bus.ts';
import { toKeyId } from '../src/core/ids.ts';
import { silentLogger } from '../src/core/logger.ts';
import { Secret } from '../src/core/secret.ts';
import { makeKeyRing } from '../src/link/keys.ts';
import { openEndpoint } from '../src/link/listen-endpoint.ts';
import { makeNodeIpcTransport } from '../src/link/transport.ts';
import type { BoundMethod, CallContext } from '../src/protocol/handler.ts';
import type { MethodSpec } from '../src/protocol/method-spec.ts';
import { ping } from '../src/protocol/methods/ping.ts';
import type { ServerChange } from '../src/server/server-events.ts';
import { startServer } from '../src/server/listen.ts';
import { echoText } from './echo-method.ts';

const [raw = '', bulk = '', endpoint = '', secret = ''] = process.argv.slice(2);

/** Sends each frame back as it came. */
function echo(socket: Socket): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    let whole = 0;
    while (pending.length >= whole + 4 && pending.length >= whole + 4 + pending.readUInt32BE(whole)) {
      const end = whole + 4 + pending.readUInt32BE(whole);
      socket.write(pending.subarray(whole, end));
      whole = end;
    }
    pending = pending.subarray(whole);
  });
}

/** Counts bytes, and says each time that so many are there as the first four tell. */
function sink(socket: Socket): void {
  let wanted: number | null = null;
  let bytes = 0;
  socket.on('data', (piece) => {
    bytes += wanted === null ? piece.length - 4 : piece.length;
    wanted ??= piece.readUInt32BE(0);
    if (bytes < wanted) return;
    bytes -= wanted;
    socket.write('.');
  });
}

async function drainStream(params: unknown, { uploads }: CallContext): Promise<unknown> {
  const upload = uploads.open((params as { stream: number }).stream);
  while ((await upload.read()) !== null);
  return {};
}

const free = { sinceVersion: 1, scopes: [], rateClass: 'free' } as const satisfies Partial<MethodSpec>;
const method = (spec: Omit<MethodSpec, keyof typeof free>, call: BoundMethod['call']): [string, BoundMethod] => [
  spec.name,
  { spec: { ...free, ...spec }, call },
];
const methods = new Map([
  method(ping, () => Promise.resolve({ bootId: 'bench', uptimeMs: 1 })),
  method(echoText, (params) => Promise.resolve(params)),
  method({ name: 'bench/sink', params: z.strictObject({ stream: z.int() }), result: z.object({}) }, drainStream),
]);

const about = { instance: 'bench', bootId: 'bench', version: '0' };
const discovery = { ...about, endpoint, pid: process.pid, startedAt: new Date().toISOString() };
const key = { kid: toKeyId('bench'), secret: new Secret(secret), scopes: ['admin' as const] };
await startServer(
  {
    ...about,
    clock: systemClock,
    log: silentLogger,
    open: (options) =>
      openEndpoint(
        { transport: makeNodeIpcTransport({ clock: systemClock }) },
        { run: path.dirname(endpoint), discovery },
        options,
      ),
    endpoint,
    keys: makeKeyRing([key]),
    methods,
    events: {
      source: makeEventBus<ServerChange>(() => undefined),
      snapshot: () => Promise.resolve({ asOfChange: 0, topics: {} }),
      watch: () => ({ refresh: () => Promise.resolve(), [Symbol.dispose]: () => undefined }),
      read: () => ({}),
    },
    random: randomBytes,
    reportLimitBytes: 1,
  },
  ipcSchema.parse({ connections: 1024, perKey: 1024 }),
);
for (const [place, serve] of [
  [raw, echo],
  [bulk, sink],
] as const) {
  await new Promise<void>((resolve) => createServer(serve).listen(place, resolve));
}
process.on('disconnect', () => process.exit());
process.send?.('ready');
