import { describe, expect, it } from 'vitest';
import { makeManualClock } from '../support/manual-clock.ts';
import { frame, type RawClient } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/** Start `count` calls of test/wait with ids 1 … count, and wait until their code runs. */
async function fillCalls(test: TestServer, client: RawClient, count: number) {
  const waiting = [];
  for (let id = 1; id <= count; id += 1) {
    client.send({ jsonrpc: '2.0', id, method: 'test/wait' });
    waiting.push(await test.begun());
  }
  return waiting;
}

describe('frames after authentication', () => {
  it.each([
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['no JSON', '{nonsense}'],
    ['65 deep and over 1 KiB', `{"a":${'['.repeat(64)}"${'x'.repeat(1024)}"${']'.repeat(64)}}`],
  ])('answer a body that is %s with parse_error and id null, then close', async (_what, body) => {
    await using test = await startTestServer();
    const client = await test.enter();

    client.write(frame(body));

    expect(await client.answer(null)).toMatchObject({ error: { code: -32_700, data: { code: 'parse_error' } } });
    await client.closed;
  });

  it('take a body 64 deep', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const deep = `${'['.repeat(62)}"${'x'.repeat(1024)}"${']'.repeat(62)}`;

    client.write(frame(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${deep}}}`));

    expect(await client.answer(1)).toMatchObject({ error: { code: -32_602 } });
  });

  it('take one of exactly the cap, and close at one byte more without an answer', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const start = '{"jsonrpc":"2.0","id":1,"method":"nope","x":"';
    const padded = (size: number) => frame(`${start.padEnd(size - 2, 'x')}"}`);

    client.write(padded(262_144));
    expect(await client.answer(1)).toMatchObject({ error: { code: -32_601 } });
    client.write(padded(262_145));

    await client.closed;
    expect(client.messages).toEqual([]);
  });

  it('end the connection when one is not whole after 10 s, however it trickles', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock });
    const client = await test.enter();
    const other = await test.enter();
    const trickle = async (bytes: Buffer) => {
      client.write(bytes);
      await other.call('ping');
      await other.call('ping');
    };

    await trickle(frame('{"jsonrpc":"2.0","id":1,"method":"ping"}').subarray(0, 6));
    clock.advance(9_999);
    await trickle(Buffer.from('s'));
    expect(client.isClosed).toBe(false);
    clock.advance(1);

    await client.closed;
  });
});

describe('requests', () => {
  it.each([
    ['null', null],
    ['a fraction', 1.5],
    ['an unsafe integer', 2 ** 53],
    ['a text of 65', 'x'.repeat(65)],
  ])('with %s as id are answered invalid_request with id null, and the connection stays', async (_what, id) => {
    await using test = await startTestServer();
    const client = await test.enter();

    client.send({ jsonrpc: '2.0', id, method: 'ping' });

    expect(await client.answer(null)).toMatchObject({ error: { code: -32_600, data: { code: 'invalid_request' } } });
    expect(await client.call('ping')).toMatchObject({ result: { bootId: 'boot' } });
  });

  it('take a text of 64 and the largest safe integer as id', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    for (const id of ['x'.repeat(64), Number.MAX_SAFE_INTEGER]) {
      client.send({ jsonrpc: '2.0', id, method: 'ping' });
      expect(await client.answer(id)).toMatchObject({ result: { bootId: 'boot' } });
    }
  });

  it('in a batch end the connection', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    client.send([{ jsonrpc: '2.0', id: 1, method: 'ping' }]);

    await client.closed;
    expect(client.messages).toEqual([]);
  });

  it('with an id in use are refused with id null, and the first call goes on', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const [first] = await fillCalls(test, client, 1);

    client.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect(await client.answer(null)).toMatchObject({ error: { code: -32_600 } });
    first?.finish('done');

    expect(await client.answer(1)).toEqual({ jsonrpc: '2.0', id: 1, result: 'done' });
  });

  it('with an id in use and a stream that they end or break off at once do not end the first call', async () => {
    await using test = await startTestServer();
    const client = await test.enter('local', ['streams']);
    const [first] = await fillCalls(test, client, 1);

    for (const [stream, flags] of [
      [1, 1],
      [3, 2],
    ] as const) {
      client.send({ jsonrpc: '2.0', id: 1, method: 'test/upload', params: { stream } });
      client.chunk(stream, '', flags);
      expect(await client.answer(null)).toMatchObject({ error: { code: -32_600 } });
    }
    first?.finish('done');

    expect(await client.answer(1)).toMatchObject({ result: 'done' });
  });

  it('of an unknown method are answered unknown_method', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    expect(await client.call('report/sbumit', {})).toMatchObject({
      error: { code: -32_601, data: { code: 'unknown_method', retryable: false } },
    });
    expect(await client.call('hello', {})).toMatchObject({ error: { code: -32_601 } });
  });

  it('without the scope are answered forbidden before their params are looked at', async () => {
    await using test = await startTestServer();
    const client = await test.enter('submit');

    expect(await client.call('test/admin', { wrong: 1 })).toMatchObject({
      error: { code: -32_003, data: { code: 'forbidden', scope: 'admin' } },
    });
  });

  it('with bad params are answered with each failing field, and no value', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    const { error } = await client.call('test/strict', { count: 'hunter2', surprise: 1, name: 5 });

    expect(error.code).toBe(-32_602);
    expect(error.data).toEqual({
      code: 'invalid_params',
      retryable: false,
      details: expect.arrayContaining([
        { path: ['count'], code: 'invalid_type', message: expect.any(String) },
        { path: ['name'], code: 'invalid_type', message: expect.any(String) },
        { path: [], code: 'unrecognized_keys', message: expect.any(String), keys: ['surprise'] },
      ]),
    });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it('with an own __proto__ key are refused and change nothing', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    client.write(frame('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"__proto__":{"polluted":1}}}'));

    expect(await client.answer(1)).toMatchObject({ error: { code: -32_602 } });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('may carry _meta and workDoneToken with every method', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const params = { _meta: { trace: 't-1', deadlineMs: 5000, other: true }, workDoneToken: 'w' };

    client.send({ jsonrpc: '2.0', id: 1, method: 'test/wait', params });
    const call = await test.begun();
    call.context.log.info({}, 'seen');
    call.finish(null);

    expect(await client.answer(1)).toMatchObject({ result: null });
    expect(test.log.at(-1)?.fields).toMatchObject({ trace: 't-1', method: 'test/wait', kid: 'local' });
  });
});

describe('calls in flight', () => {
  it('may be 32; the 33rd is told the limit, and a place is free again after an answer', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const waiting = await fillCalls(test, client, 32);

    expect(await client.call('ping')).toMatchObject({
      error: { code: -32_030, data: { code: 'too_many_in_flight', limit: 32, retryable: true } },
    });
    waiting[0]?.finish(1);
    await client.answer(1);

    expect(await client.call('ping')).toMatchObject({ result: { bootId: 'boot' } });
  });

  it('are answered cancelled once when cancelled, and tell their code', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const [call] = await fillCalls(test, client, 1);

    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });

    expect(await client.answer(1)).toMatchObject({ error: { code: -32_800, data: { code: 'cancelled' } } });
    expect(call?.context.signal.aborted).toBe(true);
    call?.finish('too late');
    await client.call('ping');
    expect(client.messages).toEqual([]);
  });

  it('are answered with their result when the cancel comes after the decision', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const [call] = await fillCalls(test, client, 1);
    call?.context.decide();

    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
    await client.call('ping');
    call?.finish('stored');

    expect(await client.answer(1)).toMatchObject({ result: 'stored' });
    expect(call?.context.signal.aborted).toBe(false);
  });

  it('decide nothing once they are cancelled', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const [call] = await fillCalls(test, client, 1);
    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
    await client.answer(1);

    expect(() => call?.context.decide()).toThrow(expect.objectContaining({ code: 'cancelled' }));
    call?.finish(null);
  });

  it('keep their place while their code runs on after the cancel', async () => {
    await using test = await startTestServer({ ipc: { calls: 1 } });
    const client = await test.enter();
    const [call] = await fillCalls(test, client, 1);
    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
    await client.answer(1);

    expect(await client.call('ping')).toMatchObject({ error: { code: -32_030 } });
    call?.finish('too late');

    expect(await client.call('ping')).toMatchObject({ result: { bootId: 'boot' } });
  });

  it('are not answered twice when the cancel comes after the result', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    client.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect(await client.answer(1)).toMatchObject({ result: { bootId: 'boot' } });

    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
    client.send({ jsonrpc: '2.0', method: '$/unknown', params: {} });
    await client.call('ping');

    expect(client.messages).toEqual([]);
  });

  it('are answered deadline_exceeded when their time is over', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock });
    const client = await test.enter();
    client.send({ jsonrpc: '2.0', id: 1, method: 'test/wait', params: { _meta: { deadlineMs: 250 } } });
    const call = await test.begun();

    clock.advance(249);
    expect(call.context.signal.aborted).toBe(false);
    clock.advance(1);

    expect(await client.answer(1)).toMatchObject({ error: { code: -32_098, data: { code: 'deadline_exceeded' } } });
  });

  it('are told when the connection is gone', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const [call] = await fillCalls(test, client, 1);
    const aborted = new Promise((resolve) => call?.context.signal.addEventListener('abort', resolve));

    client.socket.destroy();

    await aborted;
    expect(call?.context.signal.reason).toMatchObject({ code: 'cancelled' });
  });
});

describe('answers', () => {
  it('hide what a bug said, and name the log line', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    const { error } = await client.call('test/bug');

    expect(error).toMatchObject({ code: -32_603, data: { code: 'internal', retryable: true } });
    expect(JSON.stringify(error)).not.toContain('station');
    const line = test.log.find(({ level }) => level === 'error');
    expect(line?.fields).toMatchObject({
      requestId: error.data.requestId,
      err: expect.objectContaining({ message: 'the secret is in /home/station' }),
    });
  });

  it('are internal when a result breaks its schema', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    expect(await client.call('test/wrong-result')).toMatchObject({ error: { code: -32_603 } });
  });

  it('are internal when JSON cannot hold a result, and the connection goes on', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    expect(await client.call('test/no-json')).toMatchObject({ error: { code: -32_603, data: { code: 'internal' } } });
    expect(await client.call('ping')).toMatchObject({ result: { bootId: 'boot' } });
  });

  it('carry the fields of a failure of the table', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    expect(await client.call('test/full')).toMatchObject({
      error: { code: -32_020, data: { code: 'queue_full', retryable: true, reason: 'count', retryAfterMs: 420 } },
    });
  });

  it('fit one frame, or are too_large with the limit', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    const frameBytes = (chars: number) =>
      JSON.stringify({ jsonrpc: '2.0', id: 'raw-3', result: { text: 'x'.repeat(chars) } }).length;
    const fitting = 262_144 - frameBytes(0);

    expect(await client.call('test/text', { chars: fitting })).toMatchObject({ result: {} });
    expect(await client.call('test/text', { chars: fitting + 1 })).toMatchObject({
      error: { code: -32_013, data: { code: 'too_large', limit: 262_144 } },
    });
  });
});
