import { describe, expect, it } from 'vitest';
import type { ClientState } from '../../../src/client/link-keeper.ts';
import { type Client, connect, type ConnectOptions } from '../../../src/client/connect.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { writeRequest } from '../../../src/link/json-rpc.ts';
import { openScriptedDaemon, type Script } from '../../support/scripted-daemon.ts';

const PONG = { bootId: 'boot', uptimeMs: 1 };
const TAKEN = { submissionId: 's', sha256: 'h', bytes: 1, duplicate: false };

async function open(script: Script, options: ConnectOptions = {}) {
  const stack = new AsyncDisposableStack();
  const daemon = stack.use(await openScriptedDaemon(script));
  const client: Client = stack.use(await connect({ ...daemon.options, ...options }));
  return { daemon, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Ends the first connection at the first request of a method, and answers it on every later one. */
const cutFirst =
  (result: unknown): Script =>
  (peer, request, peers) =>
    peers === 1 ? peer.wire.destroy() : peer.reply(request.id, result);

describe('a call whose connection is lost', () => {
  it('is sent again on the next connection when it only reads', async () => {
    await using session = await open(cutFirst(PONG));

    expect(await session.client.call('ping', {})).toEqual(PONG);
    expect(session.daemon.requests.length).toBe(2);
  });

  it('is sent again with the idempotency key that the client made, or that the caller gave', async () => {
    const given = '00000000-0000-4000-8000-000000000001';
    // A key that is there and undefined, as programs pass on what they were not given themselves, is none.
    for (const more of [{}, Object.fromEntries([['idempotencyKey', undefined]]), { idempotencyKey: given }]) {
      await using session = await open(cutFirst(TAKEN));

      await session.client.call('report/submit', { name: 'a', content: 'x', ...more });

      const keys = session.daemon.asked('report/submit').map(({ params }) => params['idempotencyKey']);
      expect(keys).toEqual([keys[0], keys[0]]);
      expect(keys[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      if (more['idempotencyKey'] !== undefined) expect(keys[0]).toBe(given);
    }
  });

  it('fails when it may not be done twice, and the next call is made on the next connection', async () => {
    await using session = await open((peer, request, peers) => {
      if (peers === 1) peer.wire.destroy();
      else peer.reply(request.id, PONG);
    });

    await expect(session.client.call('admin/shutdown', {})).rejects.toMatchObject({
      code: 'unavailable',
      data: { reason: 'connection_lost' },
    });
    expect(await session.client.call('ping', {})).toEqual(PONG);
  });

  it('has its deadline over all tries', async () => {
    await using session = await open((peer) => peer.wire.destroy());

    const started = performance.now();
    await expect(session.client.call('ping', {}, { deadlineMs: 250 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
      data: { reason: 'not_connected' },
    });

    expect(performance.now() - started).toBeLessThan(5000);
    expect(session.daemon.requests.length).toBeGreaterThan(1);
  });

  it('is given up by its signal while there is no connection', async () => {
    await using session = await open((peer) => peer.wire.destroy());
    const controller = new AbortController();
    const reason = new Error('enough');

    const call = session.client.call('ping', {}, { signal: controller.signal });
    call.catch(() => undefined);
    await session.daemon.arrival('ping');
    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
  });

  it('fails at once when the daemon broke the protocol at it, which it would do again', async () => {
    await using session = await open((peer, request, peers) => {
      if (peers === 1) peer.send('{nonsense}');
      else peer.reply(request.id, PONG);
    });

    await expect(session.client.call('ping', {})).rejects.toMatchObject({ data: { reason: 'protocol_error' } });
    expect(await session.client.call('ping', {})).toEqual(PONG);
  });
});

describe('a call that the daemon did not begin because it stops', () => {
  it('is made on the next connection, whatever it does, not before the daemon asked for', async () => {
    const stopping = new AirlockError('shutting_down', 'Cannot run: stopping', { data: { retryAfterMs: 5 } });
    const states: ClientState[] = [];
    await using session = await open(
      (peer, request, peers) => {
        if (peers > 1) return peer.reply(request.id, { pid: 7, graceMs: 1 });
        peer.notify('$/goaway', { reason: 'restart', retryAfterMs: 300, bootId: 'boot' });
        peer.fail(request.id, stopping);
        void peer.wire.end(1000);
      },
      { onState: (state) => states.push(state) },
    );

    expect(await session.client.call('admin/shutdown', {})).toEqual({ pid: 7, graceMs: 1 });

    expect(states.map(({ kind }) => kind)).toEqual(['reconnecting', 'connected']);
    expect(states[0]).toMatchObject({ attempt: 1, error: { code: 'shutting_down' } });
    expect(states[0]?.kind === 'reconnecting' ? states[0].retryInMs : 0).toBeGreaterThanOrEqual(300);
  });
});

describe('a client that reconnects', () => {
  it('tells what the server told last', async () => {
    let sessions = 0;
    await using daemon = await openScriptedDaemon((peer, request) => peer.reply(request.id, PONG), {
      session: {
        get session() {
          return `s${(sessions += 1)}`;
        },
      },
    });
    await using client = await connect(daemon.options);
    await client.call('ping', {});
    const before = client.session;

    daemon.cut();
    await client.call('ping', {});

    expect([before, client.session]).toEqual(['s1', 's2']);
    expect([client.capabilities, client.server.version]).toEqual([[], '0.1.0']);
  });

  it('does not fill its token buckets by it', async () => {
    await using daemon = await openScriptedDaemon((peer, request) => peer.reply(request.id, { items: [] }), {
      session: { rate: { calls: { capacity: 2, refillPerSecond: 0.01 }, submit: null } },
    });
    await using client = await connect(daemon.options);
    for (let call = 0; call < 2; call += 1) await client.call('converter/list', {});

    daemon.cut();
    await client.call('ping', {}).catch(() => undefined);

    await expect(client.call('converter/list', {}, { deadlineMs: 2000 })).rejects.toMatchObject({
      code: 'rate_limited',
    });
  });

  it('waits for a daemon that is not there, and finds it again', async () => {
    await using daemon = await openScriptedDaemon((peer, request) => peer.reply(request.id, PONG));
    const states: ClientState[] = [];
    const lost = Promise.withResolvers<void>();
    const onState = (state: ClientState): void => {
      states.push(state);
      if (state.kind === 'reconnecting') lost.resolve();
    };
    await using client = await connect({ ...daemon.options, onState });
    await client.call('ping', {});

    daemon.cut();
    await lost.promise;
    const state = client.state;
    await client.call('ping', {});

    expect(state).toMatchObject({ kind: 'reconnecting', attempt: 1, error: { code: 'unavailable' } });
    expect(client.state).toEqual({ kind: 'connected' });
  });

  it('ends with unauthenticated once the daemon does not know its key any more, and everything that waits with it', async () => {
    await using daemon = await openScriptedDaemon((peer, request) => {
      if (request.method === 'events/subscribe')
        peer.reply(request.id, { subscription: 'sub', bootId: 'b', seq: 0, cursor: 'c', resumed: false });
    });
    await using client = await connect(daemon.options);
    await using subscription = await client.subscribe(['submission']);
    const [event, call] = [subscription[Symbol.asyncIterator]().next(), client.call('ping', {})];
    for (const one of [event, call]) one.catch(() => undefined);
    await daemon.arrival('ping');

    daemon.forgetKeys();
    daemon.cut();

    await expect(event).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(call).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await client.closed).code).toBe('unauthenticated');
    await expect(client.call('ping', {})).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(client.state).toMatchObject({ kind: 'ended', error: { code: 'unauthenticated' } });
  });

  it('tries again when its key was revoked: there may be another one', async () => {
    await using session = await open((peer, request, peers) => {
      if (peers > 1) return peer.reply(request.id, PONG);
      peer.notify('$/goaway', { reason: 'key_revoked' });
      void peer.wire.end(1000);
    });

    expect(await session.client.call('ping', {})).toEqual(PONG);
  });

  it('tells of a revoked key as unauthenticated when it does not reconnect', async () => {
    await using session = await open(
      (peer) => {
        peer.notify('$/goaway', { reason: 'key_revoked' });
        void peer.wire.end(1000);
      },
      { reconnect: false },
    );

    await expect(session.client.call('ping', {})).rejects.toMatchObject({
      code: 'unauthenticated',
      data: { reason: 'key_revoked' },
    });
  });

  it('stops trying once it is disposed of', async () => {
    const states: ClientState[] = [];
    const lost = Promise.withResolvers<void>();
    await using daemon = await openScriptedDaemon((peer, request) => peer.reply(request.id, PONG));
    const onState = (state: ClientState): void => {
      states.push(state);
      lost.resolve();
    };
    const client = await connect({ ...daemon.options, onState });
    await client.call('ping', {});
    daemon.cut();
    await lost.promise;

    await Promise.all([client[Symbol.asyncDispose](), client[Symbol.asyncDispose]()]);

    expect((await client.closed).code).toBe('cancelled');
    await expect(client.call('ping', {})).rejects.toMatchObject({ code: 'cancelled' });
    expect(states.at(-1)?.kind).toBe('ended');
  });

  it('answers pings of the server on the next connection too', async () => {
    await using session = await open((peer, request, peers) => {
      if (peers === 1) return peer.wire.destroy();
      peer.send(writeRequest('a', 'ping', {}));
      peer.reply(request.id, PONG);
    });

    expect(await session.client.call('ping', {})).toEqual(PONG);
  });
});

describe('an upload whose connection is lost', () => {
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('piece');
  };
  const lose: Script = (peer, request, peers) => {
    if (peers > 1) peer.reply(request.id, TAKEN);
    else {
      // Credit makes the client read its source; the connection is cut when the first chunk comes, which the test server does not take.
      peer.notify('$/credit', { stream: request.params['stream'], bytes: 10 });
    }
  };
  const upload = async (source: () => AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>)) => {
    await using daemon = await openScriptedDaemon(lose, { session: { capabilities: ['streams'] } });
    await using client = await connect(daemon.options);
    return await client.submit({ name: 'a', content: source() });
  };

  it('is sent again when a function makes the source', async () => {
    expect(await upload(() => pieces)).toEqual(TAKEN);
  });

  it('fails when its source had begun to be read', async () => {
    await expect(upload(pieces)).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'connection_lost' } });
  });

  it('is sent again when its source had not been read', async () => {
    await using daemon = await openScriptedDaemon(cutFirst(TAKEN), { session: { capabilities: ['streams'] } });
    await using client = await connect(daemon.options);

    expect(await client.submit({ name: 'a', content: pieces() })).toEqual(TAKEN);
  });
});
