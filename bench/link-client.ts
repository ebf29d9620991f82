// The client's end of the wire's benches: the server in a process of its own, and airlock's real client library on it.

import { fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { authenticate } from '../src/client/authenticate.ts';
import { type Client, makeClient } from '../src/client/client.ts';
import { Connection } from '../src/client/connection.ts';
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

const DEADLINE_MS = 60_000;

/** One authenticated connection. Disposal closes it. */
export type Opened = AsyncDisposable & { readonly connection: Connection; readonly client: Client };

/** The benches' server, and one connection to it. */
export type BenchLink = AsyncDisposable & {
  /** Sockets of bare node:net: one that echoes frames, one that counts bytes. */
  readonly raw: string;
  readonly sink: string;
  readonly serverPid: number;
  readonly ping: () => Promise<unknown>;
  /** Both ends check the schemas. */
  readonly echo: (text: string) => Promise<unknown>;
  /** Stream bytes to a method that reads them and does nothing. */
  readonly upload: (source: AsyncIterable<Uint8Array>) => Promise<unknown>;
  /** One more connection. */
  readonly open: () => Promise<Opened>;
};

const transport = makeNodeIpcTransport({ clock: systemClock });

async function openConnection(endpoint: string, secret: Buffer): Promise<Opened> {
  const made = Promise.withResolvers<Connection>();
  await transport.connect(
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
  return { connection, client, [Symbol.asyncDispose]: () => connection.close(100) };
}

/** Start the server and connect. */
export async function openBenchLink(): Promise<BenchLink> {
  const folder = await mkdtemp(path.join(tmpdir(), 'airlock-link-'));
  const at = (name: string): string => path.join(folder, `${name}.sock`);
  const [raw, sink, endpoint] = [at('raw'), at('sink'), at('airlock')];
  const secret = randomBytes(32);
  const places = [raw, sink, endpoint, secret.toString('base64url')];
  // As bin/airlock.cjs has it for the daemon; both sides of each figure are in this process.
  const execArgv = ['--semi-space-growth-factor=1'];
  const server = fork(path.join(import.meta.dirname, 'link-server.ts'), places, { execArgv });
  await once(server, 'message');
  const open = (): Promise<Opened> => openConnection(endpoint, secret);
  const opened = await open();
  const { connection, client } = opened;
  const meta = { _meta: { deadlineMs: DEADLINE_MS } };
  const limits = { deadlineMs: DEADLINE_MS };
  return {
    raw,
    sink,
    serverPid: server.pid ?? 0,
    open,
    ping: () => client.call('ping', {}),
    // No part of the protocol, so called as the client calls the others: with a deadline at both ends, and schemas.
    echo: (text) => {
      const accept = (result: unknown) => echoText.result.parse(result);
      return connection.invoke({ method: echoText.name, params: { text, ...meta }, accept }, limits);
    },
    upload: (source) => {
      const params = { stream: 1, ...meta };
      const accept = (result: unknown) => result;
      return connection.invoke({ method: 'bench/sink', params, accept, upload: new Map([[1, source]]) }, limits);
    },
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      server.disconnect();
      await once(server, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}
