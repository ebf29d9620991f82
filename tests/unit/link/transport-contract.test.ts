import { lstat, stat, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { makeNodeIpcTransport } from '../../../src/link/transport.ts';
import { makeNodeTransport } from '../../../src/link/transport-node.ts';
import type { Accept, Listener, Transport, Wire, WireEvents } from '../../../src/link/wire.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const MIB = 1024 * 1024;
const LIMITS = { timeoutMs: 2000 } as const;

/** A peer's events as promises. */
function watch(): WireEvents & {
  readonly received: () => Buffer;
  readonly bytes: (count: number) => Promise<Buffer>;
  readonly drained: Promise<void>;
  readonly closed: Promise<Error | null>;
  readonly closes: () => number;
} {
  const drained = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<Error | null>();
  let pieces: Buffer[] = [];
  let closes = 0;
  let waiting: { readonly count: number; readonly resolve: (bytes: Buffer) => void } | null = null;
  const received = (): Buffer => {
    const whole = Buffer.concat(pieces);
    pieces = [whole];
    return whole;
  };
  const check = (): void => {
    if (waiting !== null && pieces.reduce((sum, piece) => sum + piece.length, 0) >= waiting.count) {
      waiting.resolve(received());
    }
  };
  return {
    received,
    bytes: (count) =>
      new Promise((resolve) => {
        waiting = { count, resolve };
        check();
      }),
    drained: drained.promise,
    closed: closed.promise,
    closes: () => closes,
    onBytes: (bytes) => {
      pieces.push(bytes);
      check();
    },
    onDrain: drained.resolve,
    onClose: (error) => {
      closes += 1;
      closed.resolve(error);
    },
  };
}

type Watched = ReturnType<typeof watch>;
type Peer = { readonly wire: Wire; readonly seen: Watched };

const failOn = (error: Error): void => {
  throw error;
};

/** A listener in a temporary folder, with the peers it took. */
async function openServer(transport: Transport, { maxConnections = 10 } = {}) {
  const folder = await makeTemporaryFolder();
  const endpoint = join(folder.path, 'test.sock');
  const peers: Peer[] = [];
  let arrived = Promise.withResolvers<Peer>();
  let onArrival = (): void => undefined;
  const accept: Accept = (wire) => {
    const peer = { wire, seen: watch() };
    peers.push(peer);
    arrived.resolve(peer);
    onArrival();
    return peer.seen;
  };
  const listener = await transport.listen(endpoint, { maxConnections, accept, onError: failOn });
  return {
    endpoint,
    listener,
    peers: peers as readonly Peer[],
    /** Resolves once this many peers were taken. */
    arrivals: (count: number): Promise<void> =>
      new Promise((resolve) => {
        onArrival = () => (peers.length >= count ? resolve() : undefined);
        onArrival();
      }),
    connect: async (): Promise<{ client: Peer; server: Peer }> => {
      arrived = Promise.withResolvers();
      const seen = watch();
      const wire = await transport.connect(endpoint, () => seen, LIMITS);
      return { client: { wire, seen }, server: await arrived.promise };
    },
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const listenQuietly = (transport: Transport, endpoint: string, accept: Accept): Promise<Listener> =>
  transport.listen(endpoint, { maxConnections: 10, accept, onError: () => undefined });

describe.each([
  ['node-ipc', makeNodeIpcTransport({ clock: systemClock })],
  ['node', makeNodeTransport({ clock: systemClock })],
] as const)('transport %s', (name, transport) => {
  it('says its name', () => {
    expect(transport.name).toBe(name);
  });

  it('carries bytes both ways, unchanged', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

    client.wire.send(every);
    const there = await peer.seen.bytes(256);
    peer.wire.send(there);

    expect(await client.seen.bytes(256)).toEqual(every);
  });

  it('makes a socket of mode 0600 whatever the umask, and gives the umask back', async () => {
    const before = process.umask(0);
    try {
      await using server = await openServer(transport);

      const stats = await lstat(server.endpoint);

      expect([stats.isSocket(), stats.mode & 0o777, process.umask()]).toEqual([true, 0o600, 0]);
    } finally {
      process.umask(before);
    }
  });

  it('never removes what lies at its path', async () => {
    await using server = await openServer(transport);

    await expect(listenQuietly(transport, server.endpoint, () => null)).rejects.toMatchObject({ code: 'unavailable' });

    const { client, server: peer } = await server.connect();
    client.wire.send(Buffer.from('alive'));
    expect(String(await peer.seen.bytes(5))).toBe('alive');
  });

  it('refuses to listen on a path that the system cannot hold', async () => {
    await using folder = await makeTemporaryFolder();

    const attempt = listenQuietly(transport, join(folder.path, 'x'.repeat(120)), () => null);

    await expect(attempt).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('tells a missing, a refusing and an unusable endpoint apart', async () => {
    await using folder = await makeTemporaryFolder();
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    const attempt = (path: string): Promise<Wire> => transport.connect(path, () => watch(), LIMITS);

    await expect(attempt(join(folder.path, 'nothing'))).rejects.toMatchObject({ code: 'not_running' });
    await expect(attempt(file)).rejects.toMatchObject({ code: 'not_running', cause: { code: 'ECONNREFUSED' } });
    await expect(attempt(join(file, 'below'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('rejects with the reason of a signal that was aborted', async () => {
    await using server = await openServer(transport);
    const reason = new Error('enough');

    const attempt = transport.connect(server.endpoint, () => watch(), { ...LIMITS, signal: AbortSignal.abort(reason) });

    await expect(attempt).rejects.toBe(reason);
  });

  it('gives every wire its own number', async () => {
    await using server = await openServer(transport);

    const first = await server.connect();
    const second = await server.connect();

    const ids = [first, second].flatMap(({ client, server: peer }) => [client.wire.id, peer.wire.id]);
    expect(new Set(ids).size).toBe(4);
  });

  it('says false and counts what a peer does not read, then drains', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();
    client.wire.pause();

    let sent = 0;
    while (peer.wire.send(Buffer.alloc(MIB))) sent += 1;
    const unsent = peer.wire.unsentBytes();
    client.wire.resume();
    await peer.seen.drained;

    expect(unsent).toBeGreaterThan(0);
    expect((await client.seen.bytes((sent + 1) * MIB)).length).toBe((sent + 1) * MIB);
    expect(peer.wire.unsentBytes()).toBe(0);
  });

  it('delivers nothing while paused, and everything after', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();
    const other = await server.connect();
    peer.wire.pause();

    client.wire.send(Buffer.from('late'));
    other.client.wire.send(Buffer.from('x'));
    await other.server.seen.bytes(1);
    const meanwhile = peer.seen.received().length;
    peer.wire.resume();

    expect(meanwhile).toBe(0);
    expect(String(await peer.seen.bytes(4))).toBe('late');
  });

  it('end() lets a large answer leave before it closes', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();

    peer.wire.send(Buffer.alloc(3 * MIB, 1));
    await peer.wire.end(5000);

    expect(await client.seen.closed).toBe(null);
    expect(client.seen.received().length).toBe(3 * MIB);
  });

  it('end() ends although the wire was paused and the peer still sends', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();
    peer.wire.pause();
    client.wire.send(Buffer.alloc(3 * MIB));

    await peer.wire.end(5000);
    await client.seen.closed;

    expect(peer.seen.received().length).toBe(0);
  });

  it('end() gives up on a peer that never reads when the grace is over', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();
    client.wire.pause();
    peer.wire.send(Buffer.alloc(8 * MIB));

    await peer.wire.end(20);

    expect(peer.seen.closes()).toBe(1);
    client.wire.destroy();
  });

  it('lets all leave that was sent before a peer closed its half, then closes', async () => {
    await using server = await openServer(transport);
    const socket = connectSocket(server.endpoint);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    socket.once('close', () => resolve());
    let received = 0;
    socket.on('data', (bytes: Buffer) => (received += bytes.length));
    socket.pause();
    await server.arrivals(1);
    const [peer] = server.peers;

    peer?.wire.send(Buffer.alloc(3 * MIB));
    socket.end('last words');
    expect(String(await peer?.seen.bytes(10))).toBe('last words');
    socket.resume();
    await Promise.all([closed, peer?.seen.closed]);

    expect([received, peer?.seen.closes(), await peer?.seen.closed]).toEqual([3 * MIB, 1, null]);
  });

  it('tells that a peer reset its half as any other close, and sends nothing after it', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();

    client.wire.send(Buffer.from('x'));
    client.wire.destroy();
    await peer.seen.closed;

    expect([peer.wire.send(Buffer.alloc(MIB)), peer.wire.unsentBytes(), peer.seen.closes()]).toEqual([false, 0, 1]);
  });

  it('brings many small sends of one turn in order, and counts none of them twice', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();
    const sent = Array.from({ length: 5000 }, (_none, index) => `${index},`);

    for (const text of sent) peer.wire.send(Buffer.from(text));
    await peer.wire.end(5000);

    expect(String(client.seen.received())).toBe(sent.join(''));
  });

  it('destroy() right after a send loses nothing of it that the system takes', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();

    peer.wire.send(Buffer.from('a'));
    peer.wire.send(Buffer.from('b'));
    peer.wire.destroy();
    await client.seen.closed;

    expect(String(client.seen.received())).toBe('ab');
  });

  it('may be paused and resumed many times while bytes flow, and loses none', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();
    const whole = Buffer.alloc(2 * MIB, 'abcdefg');
    let turns = 0;

    client.wire.send(whole);
    while (peer.seen.received().length < whole.length) {
      peer.wire.pause();
      peer.wire.pause();
      await new Promise<void>((resolve) => setImmediate(resolve));
      peer.wire.resume();
      await new Promise<void>((resolve) => setImmediate(resolve));
      turns += 1;
    }

    expect(peer.seen.received().equals(whole)).toBe(true);
    expect(turns).toBeGreaterThan(1);
  });

  it('end() twice, and end() after destroy(), resolve as the first', async () => {
    await using server = await openServer(transport);
    const first = await server.connect();
    const second = await server.connect();

    await Promise.all([first.server.wire.end(1000), first.server.wire.end(1000)]);
    second.server.wire.destroy();
    await second.server.wire.end(1000);

    expect([first.server.seen.closes(), second.server.seen.closes()]).toEqual([1, 1]);
  });

  it('tells both ends once about a close, null when it was clean', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();

    client.wire.destroy();
    client.wire.destroy();
    await client.wire.end(1000);
    await Promise.all([client.seen.closed, peer.seen.closed]);

    expect([client.seen.closes(), peer.seen.closes(), await peer.seen.closed]).toEqual([1, 1, null]);
    expect(client.wire.send(Buffer.from('x'))).toBe(false);
  });

  it('closes a peer that accept() does not take, and one at which it throws', async () => {
    await using folder = await makeTemporaryFolder();
    const endpoint = join(folder.path, 'test.sock');
    const errors: Error[] = [];
    let isThrowing = false;
    const accept: Accept = () => {
      if (isThrowing) throw new Error('no');
      return null;
    };
    await using _listener = await transport.listen(endpoint, {
      maxConnections: 10,
      accept,
      onError: (e) => errors.push(e),
    });
    const refused = async (): Promise<Error | null> => {
      const seen = watch();
      await transport.connect(endpoint, () => seen, LIMITS);
      return seen.closed;
    };

    const first = await refused();
    isThrowing = true;
    await refused();

    expect([first, errors.map((error) => error.cause)]).toEqual([null, [new Error('no')]]);
  });

  it('closes only the wire whose owner throws, and tells why', async () => {
    await using folder = await makeTemporaryFolder();
    const endpoint = join(folder.path, 'test.sock');
    const closed = Promise.withResolvers<Error | null>();
    const events: WireEvents = {
      onBytes: () => {
        throw new Error('bug');
      },
      onDrain: () => undefined,
      onClose: closed.resolve,
    };
    await using _listener = await listenQuietly(transport, endpoint, () => events);
    const wire = await transport.connect(endpoint, () => watch(), LIMITS);

    wire.send(Buffer.from('x'));

    expect(await closed.promise).toEqual(new Error('bug'));
  });

  it.each(['onDrain', 'onClose'] as const)('goes on with others when an owner throws in %s', async (where) => {
    await using folder = await makeTemporaryFolder();
    const endpoint = join(folder.path, 'test.sock');
    const thrown = Promise.withResolvers<void>();
    const wires: Wire[] = [];
    const bad: WireEvents = {
      onBytes: () => undefined,
      onDrain: () => undefined,
      onClose: () => undefined,
      [where]: () => {
        thrown.resolve();
        throw new Error('bug');
      },
    };
    const good = watch();
    const accept: Accept = (wire) => (wires.push(wire) === 1 ? bad : good);
    await using _listener = await listenQuietly(transport, endpoint, accept);
    const seen = watch();
    const first = await transport.connect(endpoint, () => seen, LIMITS);
    const second = await transport.connect(endpoint, () => watch(), LIMITS);
    second.send(Buffer.from('here'));
    await good.bytes(4);

    if (where === 'onDrain') {
      first.pause();
      while (wires[0]?.send(Buffer.alloc(MIB)) === true);
      first.resume();
    } else first.destroy();
    await Promise.all([thrown.promise, seen.closed]);
    second.send(Buffer.from('still'));

    expect(String(await good.bytes(9))).toBe('herestill');
  });

  it('listens again at a path that the one before gave up', async () => {
    await using folder = await makeTemporaryFolder();
    const endpoint = join(folder.path, 'test.sock');

    for (let round = 0; round < 3; round += 1) {
      await using _listener = await listenQuietly(transport, endpoint, () => watch());
      const seen = watch();
      const wire = await transport.connect(endpoint, () => seen, LIMITS);
      wire.destroy();
      await seen.closed;
    }

    await expect(stat(endpoint)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    // As much as every system takes, and one more than any does.
    [103, 'listens'],
    [109, 'unavailable'],
  ])('with a path of %i bytes: %s', async (bytes, expected) => {
    await using folder = await makeTemporaryFolder();
    const endpoint = join(folder.path, 'x'.repeat(bytes - folder.path.length - 1));

    const outcome = await listenQuietly(transport, endpoint, () => null).then(
      async (listener) => {
        await listener[Symbol.asyncDispose]();
        return 'listens';
      },
      (error: unknown) => (error instanceof AirlockError ? error.code : error),
    );

    expect(outcome).toBe(expected);
  });

  it.each([
    [1, 2],
    [2, 2],
    [3, 2],
  ])('takes at most %i of 2 connections and closes the rest', async (maxConnections, wanted) => {
    await using server = await openServer(transport, { maxConnections });
    const clients = Array.from({ length: wanted }, () => watch());
    const taken = Math.min(maxConnections, wanted);

    for (const seen of clients) await transport.connect(server.endpoint, () => seen, LIMITS);
    await Promise.all(clients.slice(taken).map((seen) => seen.closed));
    await server.arrivals(taken);

    expect(clients.map((seen) => seen.closes())).toEqual(clients.map((_, index) => (index < taken ? 0 : 1)));
  });

  it('stopAccepting() keeps wires, removes the socket and lets nobody in', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();

    await server.listener.stopAccepting();
    await server.listener.stopAccepting();
    client.wire.send(Buffer.from('still'));

    expect(String(await peer.seen.bytes(5))).toBe('still');
    await expect(stat(server.endpoint)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(transport.connect(server.endpoint, () => watch(), LIMITS)).rejects.toMatchObject({
      code: 'not_running',
    });
  });

  it('disposal closes every wire and may come twice', async () => {
    await using server = await openServer(transport);
    const { client, server: peer } = await server.connect();

    await server.listener[Symbol.asyncDispose]();
    await server.listener[Symbol.asyncDispose]();

    await client.seen.closed;
    expect(peer.seen.closes()).toBe(1);
  });
});
