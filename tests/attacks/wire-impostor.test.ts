import { once } from 'node:events';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import type { TestHome } from '../support/daemon.ts';
import { frame, type RawMessage } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { loginOf } from '../support/standing.ts';

const MINIMAL = { jsonrpc: '2.0', id: 1 } as const;
const send = (socket: Socket, message: unknown): void => void socket.write(frame(JSON.stringify(message)));
/** Wait for the hello, then do it. */
const onHello =
  (behave: (socket: Socket) => void) =>
  (socket: Socket): void =>
    void socket.once('data', () => behave(socket));
const random = 'r'.repeat(43);
const greeting = (protocol: number): unknown => ({ protocol, instance: 'default', nonce: random, proof: random });

/** A socket that was there first. It keeps every byte that comes. */
async function takeEndpoint(endpoint: string, behave: (socket: Socket) => void) {
  let heard = Buffer.alloc(0);
  const sockets = new Set<Socket>();
  const closed: Promise<unknown>[] = [];
  const umask = process.umask(0o177);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => (heard = Buffer.concat([heard, bytes])));
    closed.push(new Promise((resolve) => socket.on('close', resolve)));
    behave(socket);
  }).listen(endpoint);
  process.umask(umask);
  await once(server, 'listening');
  return {
    endpoint,
    /** All that was heard, once everybody has hung up. */
    heard: async (): Promise<readonly RawMessage[]> => {
      await Promise.all(closed);
      const messages: RawMessage[] = [];
      for (let at = 0; at + 4 <= heard.length; at += 4 + heard.readUInt32BE(at)) {
        messages.push(JSON.parse(heard.subarray(at + 4, at + 4 + heard.readUInt32BE(at)).toString('utf8')));
      }
      return messages;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const HELLO_ALONE = [
  {
    jsonrpc: '2.0',
    id: expect.anything(),
    method: 'hello',
    params: {
      protocol: { min: 1, max: 1 },
      kid: 'local',
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      client: { name: 'test', version: '0' },
    },
  },
];

const IMPOSTORS: readonly (readonly [string, string, (socket: Socket) => void])[] = [
  ['says a proof of its own', 'unauthenticated', (one) => send(one, { ...MINIMAL, result: greeting(1) })],
  ['says a version of its own', 'unsupported_protocol', (one) => send(one, { ...MINIMAL, result: greeting(0) })],
  [
    'says a version that was not offered',
    'unsupported_protocol',
    (one) => send(one, { ...MINIMAL, result: greeting(9) }),
  ],
  ['says nothing that fits', 'unauthenticated', (one) => send(one, { ...MINIMAL, result: { welcome: true } })],
  [
    'says the result of authenticate at once',
    'unauthenticated',
    (one) => {
      send(one, { ...MINIMAL, result: { session: 's', scopes: ['admin'], methods: [] } });
      send(one, { jsonrpc: '2.0', id: 2, result: { session: 's' } });
    },
  ],
  ['hangs up', 'unavailable', (one) => one.destroy()],
  ['sends what is no frame', 'unavailable', (one) => one.write('HTTP/1.1 200 OK\r\n\r\n')],
  [
    'asks for what only a client would say',
    'unavailable',
    (one) => {
      send(one, { jsonrpc: '2.0', id: 'x', method: 'ping', params: {} });
      send(one, { ...MINIMAL, result: greeting(1) });
    },
  ],
  [
    'says that the daemon goes',
    'unauthenticated',
    (one) => {
      send(one, { jsonrpc: '2.0', method: '$/goaway', params: { reason: 'x', retryAfterMs: 0, bootId: 'b' } });
      send(one, { ...MINIMAL, result: greeting(1) });
    },
  ],
];

describe('an impostor that took the endpoint first', () => {
  const shared = shareDaemon();
  const optionsOf = ({ places }: TestHome, endpoint: string) => ({
    places,
    env: {},
    endpoint,
    client: { name: 'test', version: '0' },
  });
  const failureOf = (endpoint: string): Promise<unknown> =>
    connect(optionsOf(shared.home, endpoint)).then(
      () => 'connected',
      (error: unknown) => error,
    );

  it.each(IMPOSTORS)('and %s: %s, and all it hears is a nonce', async (_what, code, behave) => {
    await using impostor = await takeEndpoint(path.join(shared.home.places.run, 'taken.sock'), onHello(behave));

    const failure = await failureOf(impostor.endpoint);

    expect(failure).toMatchObject({ code });
    expect(await impostor.heard()).toEqual(HELLO_ALONE);
  });

  it('and speaks first: what it says before the hello is nothing that was asked for', async () => {
    const behave = (socket: Socket): void => send(socket, { ...MINIMAL, id: 77, result: greeting(1) });
    await using impostor = await takeEndpoint(path.join(shared.home.places.run, 'taken.sock'), behave);

    const failure: unknown = await connect({ ...optionsOf(shared.home, impostor.endpoint), timeoutMs: 1_000 }).catch(
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({ code: 'deadline_exceeded' });
    expect(await impostor.heard()).toEqual(HELLO_ALONE);
  });

  it('and passes everything on to the real daemon: unauthenticated, and all it hears is a nonce', async () => {
    const { endpoint } = loginOf(shared.home);
    const relay = (socket: Socket): void => {
      const real = connectSocket(endpoint);
      real.on('error', () => undefined);
      real.pipe(socket).pipe(real);
    };
    await using impostor = await takeEndpoint(path.join(shared.home.places.run, 'relay.sock'), relay);

    const failure = await failureOf(impostor.endpoint);

    expect(failure).toMatchObject({ code: 'unauthenticated' });
    expect(await impostor.heard()).toEqual(HELLO_ALONE);
  });

  it('gets nothing out of the command line either, which ends with 77', async () => {
    const behave = (socket: Socket): void => send(socket, { ...MINIMAL, result: greeting(1) });
    await using impostor = await takeEndpoint(path.join(shared.home.places.run, 'taken.sock'), onHello(behave));

    const { exitCode, stderr } = await shared.home.airlock(['status'], {
      env: { AIRLOCK_ENDPOINT: impostor.endpoint },
    });

    expect([exitCode, stderr]).toEqual([77, expect.stringMatching(/^airlock: Cannot trust the server/)]);
    expect((await impostor.heard()).map(({ method }) => method)).toEqual(['hello']);
  });
});
