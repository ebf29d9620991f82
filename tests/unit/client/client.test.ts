import { describe, expect, it } from 'vitest';
import type { CallOptions } from '../../../src/client/calls.ts';
import type { Client } from '../../../src/client/client.ts';
import { connect } from '../../../src/client/connect.ts';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { encodeChunk, encodeJson } from '../../../src/link/framing.ts';
import { type RpcId, type RpcMessage, writeResult } from '../../../src/link/json-rpc.ts';
import { openTestServer, type TestPeer, type TestServerOptions } from '../../support/link-server.ts';

const PONG = { bootId: 'boot', uptimeMs: 1 };
const ID = '00000000-0000-4000-8000-000000000001';

/** A server that answers requests as told, and a client connected to it. */
async function open(
  onMessage: (peer: TestPeer, message: RpcMessage) => void,
  options: TestServerOptions & { readonly clock?: Clock } = {},
) {
  const messages: RpcMessage[] = [];
  const waiting: { readonly method: string; readonly resolve: (message: RpcMessage) => void }[] = [];
  const { clock = systemClock, ...serverOptions } = options;
  const server = await openTestServer({
    ...serverOptions,
    onMessage: (peer, message) => {
      messages.push(message);
      for (const { method, resolve } of waiting) if ('method' in message && message.method === method) resolve(message);
      onMessage(peer, message);
    },
  });
  const client: Client = await connect({ ...server.options, clock, reconnect: false });
  return {
    client,
    messages,
    arrival: (method: string): Promise<RpcMessage> => new Promise((resolve) => waiting.push({ method, resolve })),
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const reply = (result: unknown) => (peer: TestPeer, message: RpcMessage) => {
  if (message.kind === 'request') peer.reply(message.id, result);
};
const never = (): void => undefined;
/** No time passes between the call and what is sent, however busy the machine is. */
const stillClock: Clock = { ...systemClock, monotonicMs: () => 0 };

async function failure(promise: Promise<unknown>): Promise<AirlockError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AirlockError) return error;
  throw new Error('Cannot find failure: nothing of the table was thrown', { cause: error });
}

describe('Client.call()', () => {
  it('sends the params with the time that is left and gives the result', async () => {
    await using session = await open(reply({ ...PONG, addedLater: true }), { clock: stillClock });

    const result = await session.client.call('ping', {}, { deadlineMs: 700 });

    expect(result).toEqual(PONG);
    expect(session.messages).toEqual([
      { kind: 'request', id: expect.any(Number), method: 'ping', params: { _meta: { deadlineMs: 700 } } },
    ]);
  });

  it('waits 30 s unless told otherwise', async () => {
    await using session = await open(reply(PONG), { clock: stillClock });

    await session.client.call('ping', {});

    expect(session.messages[0]).toMatchObject({ params: { _meta: { deadlineMs: 30_000 } } });
  });

  it('gives answers to their calls in whatever order they come', async () => {
    const requests: RpcMessage[] = [];
    await using session = await open((peer, message) => {
      requests.push(message);
      if (requests.length < 3) return;
      for (const [index, request] of requests.toReversed().entries()) {
        if (request.kind === 'request') peer.reply(request.id, { ...PONG, uptimeMs: index });
      }
    });

    const answers = await Promise.all([1, 2, 3].map(() => session.client.call('ping', {})));

    expect(answers.map(({ uptimeMs }) => uptimeMs)).toEqual([2, 1, 0]);
  });

  it('throws what the server answered, with its code and data', async () => {
    const refusal = new AirlockError('queue_full', 'Cannot take report: full', {
      data: { reason: 'count', retryAfterMs: 5 },
    });
    await using session = await open((peer, message) => message.kind === 'request' && peer.fail(message.id, refusal));

    const error = await failure(session.client.call('queue/stats', {}));

    expect([error.code, error.message, error.data, session.messages.length]).toEqual([
      'queue_full',
      refusal.message,
      refusal.data,
      1,
    ]);
  });

  it('says internal when the answer does not fit the schema', async () => {
    await using session = await open(reply({ bootId: 7 }));

    expect((await failure(session.client.call('ping', {}))).code).toBe('internal');
  });

  it('gives up at the deadline and tells the server', async () => {
    await using session = await open(never);
    const cancelled = session.arrival('$/cancelRequest');

    const error = await failure(session.client.call('ping', {}, { deadlineMs: 20 }));

    const [request] = session.messages;
    expect(error.code).toBe('deadline_exceeded');
    expect(await cancelled).toMatchObject({
      kind: 'notification',
      params: { id: request?.kind === 'request' && request.id },
    });
  });

  it('rejects with the reason of its signal and tells the server', async () => {
    await using session = await open(never);
    const started = session.arrival('ping');
    const cancelled = session.arrival('$/cancelRequest');
    const controller = new AbortController();
    const reason = new Error('enough');

    const call = session.client.call('ping', {}, { signal: controller.signal });
    call.catch(never);
    await started;
    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    await cancelled;
  });

  it('sends nothing when its signal was aborted before', async () => {
    await using session = await open(reply(PONG));
    const reason = new Error('enough');

    await expect(session.client.call('ping', {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await session.client.call('ping', {});

    expect(session.messages.length).toBe(1);
  });

  it('ignores an answer that comes after it gave up', async () => {
    let late: RpcMessage | null = null;
    await using session = await open((peer, message) => {
      if (message.kind === 'notification' && late?.kind === 'request') peer.reply(late.id, PONG);
      else if (late === null) late = message;
      else reply(PONG)(peer, message);
    });

    await failure(session.client.call('ping', {}, { deadlineMs: 20 }));

    expect(await session.client.call('ping', {})).toEqual(PONG);
  });

  it.each([
    [-1, 'sent'],
    [0, 'sent'],
    [1, 'too_large'],
  ])('answers a call of %i bytes over the told frame with: %s', async (over, outcome) => {
    const limits = {
      jsonFrame: 1000,
      chunk: 1,
      depth: 64,
      inline: 1,
      callsInFlight: 1,
      streams: 1,
      subscriptions: 1,
      unsentBytes: 1,
      report: 1,
    };
    await using session = await open(
      (peer, message) => message.kind === 'request' && peer.fail(message.id, new AirlockError('not_found', 'm')),
      {
        session: { limits },
      },
    );
    const params = { submissionId: '' };
    const empty = JSON.stringify({
      jsonrpc: '2.0',
      id: 3,
      method: 'submission/get',
      params: { ...params, _meta: { deadlineMs: 500 } },
    });

    const error = await failure(
      session.client.call(
        'submission/get',
        { submissionId: 'x'.repeat(1000 - empty.length + over) },
        { deadlineMs: 500 },
      ),
    );

    expect(error.code === 'not_found' ? 'sent' : error.code).toBe(outcome);
    expect(session.messages.length).toBe(outcome === 'sent' ? 1 : 0);
  });

  it('tells how far the call is', async () => {
    const seen: unknown[] = [];
    await using session = await open((peer, message) => {
      if (message.kind !== 'request') return;
      const token = message.params['workDoneToken'];
      peer.notify('$/progress', { token, value: { kind: 'report', percentage: 50, message: 'half' } });
      peer.notify('$/progress', { token: 'another', value: { kind: 'report' } });
      peer.notify('$/progress', { token, value: { kind: 'strange' } });
      peer.reply(message.id, PONG);
    });

    await session.client.call('ping', {}, { onProgress: (progress) => seen.push(progress) });

    expect(seen).toEqual([{ kind: 'report', percentage: 50, message: 'half' }]);
  });

  it('gives its caller what the listener to its progress throws, cancels it, and harms no other call', async () => {
    const reason = new Error('a bug of the listener');
    await using session = await open((peer, message) => {
      if (message.kind !== 'request') return;
      const token = message.params['workDoneToken'];
      if (token === undefined) return peer.reply(message.id, PONG);
      peer.notify('$/progress', { token, value: { kind: 'begin' } });
    });
    const cancelled = session.arrival('$/cancelRequest');

    const onProgress = (): void => {
      throw reason;
    };
    const call = session.client.call('ping', {}, { onProgress });

    await expect(call).rejects.toBe(reason);
    await cancelled;
    expect(await session.client.call('ping', {})).toEqual(PONG);
  });

  it('has no deadline that a number cannot hold', async () => {
    await using session = await open(reply(PONG));

    await session.client.call('ping', {}, { deadlineMs: Infinity });

    expect(session.messages).toEqual([
      { kind: 'request', id: expect.any(Number), method: 'ping', params: { _meta: {} } },
    ]);
  });
});

describe('a large result', () => {
  const head = { stream: 2, bytes: 200_000, sha256: 'a'.repeat(64) };
  const brokenOff = encodeChunk({ streamId: 2, mark: 'abort', payload: Buffer.from('the call was cancelled') });
  const brokenBehind = (id: RpcId): Buffer => Buffer.concat([encodeJson(writeResult(id, head)), brokenOff]);
  const streams = { session: { capabilities: ['streams'] } };

  it('that was on its way when its call was given up, and is broken off then, leaves the connection as it is', async () => {
    let asked: RpcId = 0;
    await using session = await open((peer, message) => {
      if (message.kind === 'request' && message.method === 'ping') peer.reply(message.id, PONG);
      else if (message.kind === 'request') asked = message.id;
      else peer.wire.send(brokenBehind(asked));
    }, streams);

    const error = await failure(session.client.call('report/get', { reportId: ID }, { deadlineMs: 20 }));

    expect(error.code).toBe('deadline_exceeded');
    expect(await session.client.call('ping', {})).toEqual(PONG);
  });

  it('that is broken off right behind its head fails its own call only', async () => {
    await using session = await open((peer, message) => {
      if (message.kind !== 'request') return;
      if (message.method === 'ping') peer.reply(message.id, PONG);
      else peer.wire.send(brokenBehind(message.id));
    }, streams);

    const error = await failure(session.client.call('report/get', { reportId: ID }));

    expect([error.code, error.data.reason]).toEqual(['unavailable', 'broken_stream']);
    expect(await session.client.call('ping', {})).toEqual(PONG);
  });
});

describe('Client.call() over the rate limit', () => {
  /** A clock that moves only by sleeping, and a server that refuses the first calls. */
  async function openLimited(refusals: number, retryAfterMs: number) {
    const slept: number[] = [];
    let nowMs = 0;
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => nowMs,
      sleep: (ms) => {
        slept.push(ms);
        nowMs += ms;
        return Promise.resolve();
      },
    };
    let left = refusals;
    const session = await open(
      (peer, message) => {
        if (message.kind !== 'request') return;
        left -= 1;
        const error = new AirlockError('rate_limited', 'Cannot run ping: rate limit reached', {
          data: { retryAfterMs },
        });
        if (left >= 0) peer.fail(message.id, error);
        else peer.reply(message.id, PONG);
      },
      { clock },
    );
    const call = (options: CallOptions = {}): Promise<unknown> => session.client.call('ping', {}, options);
    return { slept, call, messages: session.messages, [Symbol.asyncDispose]: session[Symbol.asyncDispose] };
  }

  it('tries again after the time that the server asks for, and up to a fifth more', async () => {
    await using limited = await openLimited(3, 100);

    expect(await limited.call()).toEqual(PONG);

    expect(limited.slept.length).toBe(3);
    expect(limited.slept.every((ms) => ms >= 100 && ms <= 120)).toBe(true);
  });

  it('tells the server less time at each try', async () => {
    await using limited = await openLimited(1, 100);

    await limited.call({ deadlineMs: 1000 });

    const deadlines = limited.messages.map((message) => 'params' in message && message.params['_meta']);
    expect(deadlines[0]).toEqual({ deadlineMs: 1000 });
    expect(JSON.stringify(deadlines[1])).toMatch(/^\{"deadlineMs":8\d\d|900\}$/);
  });

  it('throws at once when the wait would end after the deadline', async () => {
    await using limited = await openLimited(1, 100);

    await expect(limited.call({ deadlineMs: 100 })).rejects.toMatchObject({ code: 'rate_limited' });

    expect(limited.slept).toEqual([]);
  });
});

describe('a lost connection', () => {
  it('fails every call that waits as unavailable, and later calls too', async () => {
    await using session = await open((peer) => peer.wire.destroy());

    const errors = await Promise.all([
      failure(session.client.call('ping', {})),
      failure(session.client.call('queue/stats', {})),
    ]);
    const later = await failure(session.client.call('ping', {}));

    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['unavailable', 'Cannot finish ping: Cannot reach airlock: the connection was lost'],
      ['unavailable', 'Cannot finish queue/stats: Cannot reach airlock: the connection was lost'],
    ]);
    expect(later.code).toBe('unavailable');
    expect((await session.client.closed).data.reason).toBe('connection_lost');
  });

  it('is shutting_down after the server said goaway', async () => {
    await using session = await open((peer) => {
      peer.notify('$/goaway', { reason: 'shutdown', retryAfterMs: 250, bootId: 'boot' });
      void peer.wire.end(1000);
    });

    const error = await failure(session.client.call('ping', {}));

    expect([error.code, error.data]).toEqual(['shutting_down', { reason: 'shutdown', retryAfterMs: 250 }]);
  });

  it('is unavailable when the server said that this side reads too slowly', async () => {
    await using session = await open((peer) => {
      peer.notify('$/goaway', { reason: 'slow_consumer' });
      void peer.wire.end(1000);
    });

    expect((await failure(session.client.call('ping', {}))).data.reason).toBe('slow_consumer');
  });

  it('is the server’s own error when it answered null', async () => {
    await using session = await open((peer) =>
      peer.fail(null, new AirlockError('parse_error', 'Cannot read message: it is not JSON')),
    );

    expect((await failure(session.client.call('ping', {}))).code).toBe('parse_error');
  });

  it.each([
    ['no JSON', '{nonsense}'],
    ['no JSON-RPC', '{"hello":1}'],
    ['an event without its fields', '{"jsonrpc":"2.0","method":"event","params":{}}'],
  ])('follows when the server sends %s', async (_, body) => {
    await using session = await open((peer) => peer.send(body));

    expect((await failure(session.client.call('ping', {}))).code).toBe('unavailable');
  });
});

describe('Client', () => {
  it('answers ping with {} and any other call with unknown_method', async () => {
    const answers: RpcMessage[] = [];
    const both = Promise.withResolvers<void>();
    await using session = await open((peer, message) => {
      if (message.kind === 'request') {
        peer.send('{"jsonrpc":"2.0","id":"a","method":"ping"}', '{"jsonrpc":"2.0","id":"b","method":"eval"}');
        peer.reply(message.id, PONG);
      } else if (answers.push(message) === 2) both.resolve();
    });

    await session.client.call('ping', {});
    await both.promise;

    expect(answers).toMatchObject([
      { kind: 'result', id: 'a', result: {} },
      { kind: 'error', id: 'b', error: { code: -32601, data: { code: 'unknown_method' } } },
    ]);
  });

  it('fails waiting calls as cancelled when disposed, and may be disposed twice', async () => {
    await using session = await open(never);
    const started = session.arrival('ping');
    const call = failure(session.client.call('ping', {}));
    await started;

    await Promise.all([session.client[Symbol.asyncDispose](), session.client[Symbol.asyncDispose]()]);

    expect((await call).code).toBe('cancelled');
    expect((await session.client.closed).code).toBe('cancelled');
  });

  it('fails calls that wait for their turn as cancelled when disposed', async () => {
    const perHour = { capacity: 1, refillPerSecond: 1 / 3600 };
    await using session = await open(reply({}), { session: { rate: { calls: perHour, submit: null } } });
    const call = (): Promise<unknown> => session.client.call('admin/shutdown', {}, { deadlineMs: 10_000_000 });
    await call().catch(never);
    const waiting = failure(call());

    await session.client[Symbol.asyncDispose]();

    expect((await waiting).code).toBe('cancelled');
  });
});
