// Each limit of the wire at one under, at it and one over, with values that are not the defaults: what is set is what holds and what is told.

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeManualClock } from '../support/manual-clock.ts';
import { frame, prove, type RawClient, type RawMessage } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const KIB = 1024;
const outcomeOf = ({ error }: RawMessage): unknown => error?.data.code ?? 'result';

/** A request with spaces in it, so that its body has exactly so many bytes. */
function padded(message: object, bytes: number): Buffer {
  const text = JSON.stringify(message);
  return frame(`${text.slice(0, -1)}${' '.repeat(bytes - text.length)}}`);
}

const request = (id: unknown, method: string, params: unknown = {}): object => ({ jsonrpc: '2.0', id, method, params });

/** Both calls of the handshake, padded to so many bytes of body each. */
async function loginPadded(test: TestServer, client: RawClient, [first, second]: readonly [number, number]) {
  const login = test.login('local');
  const nonce = randomBytes(32).toString('base64url');
  const hello = { protocol: { min: 1, max: 1 }, kid: 'local', nonce, client: { name: 'raw', version: '0' } };
  client.write(padded(request('h', 'hello', hello), first));
  const proof = prove('client', login, [nonce, (await client.answer('h'))['result'].nonce]);
  client.write(padded(request('a', 'authenticate', { proof, capabilities: [] }), second));
}

describe('before authentication', () => {
  it.each([
    [[4095, 4088], true],
    [[4096, 4088], true],
    [[4096, 4089], false],
    [[4097, 200], false],
    [[200, 4096], true],
    [[200, 4097], false],
  ] as const)('frames of %j bytes, 4 more in front of each, are let in: %s', async (sizes, isIn) => {
    await using test = await startTestServer();
    await using client = await test.connect();

    const said = loginPadded(test, client, sizes).catch(() => undefined);

    if (isIn) expect(outcomeOf(await client.answer('a'))).toBe('result');
    else await client.closed;
    await said;
  });

  it('the third frame closes, also while the answer to the second has to wait', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, ipc: { failedProofs: { count: 1, per: '10 s', delay: '1 s' } } });
    const fail = async (): Promise<RawClient> => {
      const client = await test.connect();
      await client.hello(test.login('local'));
      client.send(request('a', 'authenticate', { proof: 'x'.repeat(43), capabilities: [] }));
      return client;
    };
    await (await fail()).closed;
    const waiting = await fail();

    waiting.send(request(3, 'ping'));
    await waiting.closed;

    expect(waiting.messages).toEqual([]);
  });

  it.each([
    [499, false],
    [500, true],
  ])('a deadline set to 500 ms is over after %i ms: %s', async (waitedMs, isClosed) => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, ipc: { preAuth: { timeout: '500 ms' } } });
    const client = await test.connect();
    await client.hello(test.login('local'));
    const other = await test.enter();

    clock.advance(waitedMs);
    if (isClosed) await client.closed;
    await other.call('ping');

    expect(client.isClosed).toBe(isClosed);
  });

  it.each([
    [1, [false]],
    [2, [false, false]],
    [3, [true, false, false]],
    [4, [true, true, false, false]],
  ])('of %i that have greeted, two seats keep the youngest', async (count, closed) => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, ipc: { preAuth: { seats: 2 } } });
    const other = await test.enter();
    const seated: RawClient[] = [];
    for (let one = 0; one < count; one += 1) {
      const client = await test.connect();
      await client.hello(test.login('local'));
      seated.push(client);
    }

    clock.advance(100);
    await Promise.all(seated.filter((_one, index) => closed[index] === true).map((client) => client.closed));
    await other.call('ping');

    expect(seated.map(({ isClosed }) => isClosed)).toEqual(closed);
  });

  it('failed proofs set to 2 in 1 s, then 200 ms: the third waits so long, and a second later two do not', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({
      clock,
      ipc: { failedProofs: { count: 2, per: '1 s', delay: '200 ms' } },
    });
    const other = await test.enter();
    const fail = async (): Promise<RawClient> => {
      const client = await test.connect();
      await client.hello(test.login('local'));
      client.send(request('a', 'authenticate', { proof: 'x'.repeat(43), capabilities: [] }));
      await other.call('ping');
      return client;
    };
    const isWaiting = async (client: RawClient): Promise<boolean> => {
      await other.call('ping');
      return client.messages.length === 0;
    };

    const round = async (): Promise<unknown> => {
      const [first, second, third] = [await fail(), await fail(), await fail()];
      const atOnce = [await isWaiting(first), await isWaiting(second), await isWaiting(third)];
      clock.advance(199);
      const early = await isWaiting(third);
      clock.advance(1);
      return [atOnce, early, outcomeOf(await third.answer('a'))];
    };

    const expected = [[false, false, true], true, 'unauthenticated'];
    expect(await round()).toEqual(expected);
    clock.advance(1000);
    expect(await round()).toEqual(expected);
  });
});

describe('after authentication', () => {
  it('what is set is told', async () => {
    const ipc = {
      jsonFrame: '64 KiB',
      calls: 3,
      streams: 2,
      subscriptions: 1,
      unsent: { pause: '8 KiB', close: '128 KiB' },
    };
    await using test = await startTestServer({ ipc });
    await using client = await test.connect();

    const { result } = await client.login(test.login('local'), ['streams']);

    expect(result.limits).toEqual({
      jsonFrame: 64 * KIB,
      chunk: 64 * KIB,
      depth: 64,
      inline: 131_072,
      callsInFlight: 3,
      streams: 2,
      subscriptions: 1,
      unsentBytes: 128 * KIB,
      report: 1_000_000,
    });
  });

  it.each([
    ['submit', 1, 'result'],
    ['submit', 2, 'result'],
    ['submit', 3, 'per_key'],
    ['local', 2, 'result'],
    ['local', 3, 'per_key'],
  ] as const)('of 2 connections per key, %s gets number %i: %s', async (kid, number, outcome) => {
    await using test = await startTestServer({ ipc: { connections: 8, perKey: 2, adminReserve: 1 } });
    for (let one = 1; one < number; one += 1) await test.enter(kid);
    await using client = await test.connect();

    const answer = await client.login(test.login(kid));

    expect(answer['error']?.data.reason ?? 'result').toBe(outcome);
  });

  it.each([
    [2, 'read', 'result'],
    [3, 'read', 'connections'],
    [3, 'local', 'result'],
    [4, 'local', 'connections'],
  ] as const)('of 4 connections, one kept for admin, number %i is for %s: %s', async (before, kid, outcome) => {
    await using test = await startTestServer({ ipc: { connections: 4, perKey: 4, adminReserve: 1 } });
    for (let one = 0; one < before; one += 1) await test.enter(one < 3 ? 'submit' : 'local');
    await using client = await test.connect();

    const answer = await client.login(test.login(kid));

    expect(answer['error']?.data.reason ?? 'result').toBe(outcome);
  });

  it('a place is free again as soon as its connection is closed', async () => {
    await using test = await startTestServer({ ipc: { connections: 4, perKey: 1, adminReserve: 0 } });
    const first = await test.enter('submit');
    first.socket.end();
    await first.closed;

    await expect(test.enter('submit')).resolves.toMatchObject({ isClosed: false });
  });

  it.each([
    [64 * KIB - 1, 'unknown_method'],
    [64 * KIB, 'unknown_method'],
    [64 * KIB + 1, 'closed'],
  ])('with frames set to 64 KiB, one of %i bytes: %s', async (bytes, outcome) => {
    await using test = await startTestServer({ ipc: { jsonFrame: '64 KiB' } });
    const client = await test.enter();

    client.write(padded(request(1, 'no/such'), bytes));

    expect(await client.answer(1).then(outcomeOf, () => 'closed')).toBe(outcome);
  });

  it.each([
    [65_535, false],
    [65_536, false],
    [65_537, true],
  ])('a chunk of %i bytes closes: %s', async (bytes, isClosed) => {
    await using test = await startTestServer();
    const client = await test.enter('local', ['streams']);
    client.begin('up', 'test/submit', { stream: 1 });
    await client.notification('$/credit');

    client.chunk(1, Buffer.alloc(bytes), 1);

    expect(await client.answer('up').then(outcomeOf, () => 'closed')).toBe(isClosed ? 'closed' : 'result');
  });

  it.each([
    [1_999, false],
    [2_000, true],
  ])('with 2 s for a frame, one that is not whole after %i ms closes: %s', async (waitedMs, isClosed) => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, ipc: { frameTimeout: '2 s' } });
    const client = await test.enter();
    const other = await test.enter();
    client.write(Buffer.from([0, 0]));
    await other.call('ping');

    clock.advance(waitedMs);
    if (isClosed) await client.closed;
    else {
      // Whole just in time; the next one has the whole time again.
      client.write(Buffer.concat([Buffer.from([0, 2, 0x7b, 0x7d]), Buffer.from([0])]));
      await client.answer(null);
      clock.advance(1_999);
    }
    await other.call('ping');

    expect(client.isClosed).toBe(isClosed);
  });

  it.each([
    [2, 'result'],
    [3, 'result'],
    [4, 'too_many_in_flight'],
  ])('of 3 calls in flight, number %i: %s', async (number, outcome) => {
    await using test = await startTestServer({ ipc: { calls: 3 } });
    const client = await test.enter();
    for (let id = 1; id < number; id += 1) {
      client.begin(id, 'test/wait');
      await test.begun();
    }

    const answer = await client.call('ping');

    expect(outcomeOf(answer)).toBe(outcome);
    if (outcome !== 'result') expect(answer['error'].data).toMatchObject({ limit: 3, retryable: true });
  });

  it.each([
    [1, 'result'],
    [2, 'result'],
    [3, 'too_many_in_flight'],
  ])('of 2 streams, number %i, up and down together: %s', async (number, outcome) => {
    await using test = await startTestServer({ ipc: { streams: 2 } });
    const client = await test.enter('local', ['streams']);
    if (number > 1) await client.call('test/large', { chars: 200_000 });
    if (number > 2) {
      client.begin('up', 'test/upload', { stream: 1 });
      await test.begun();
    }

    const answer = await client.call('test/large', { chars: 200_000 });

    expect(outcomeOf(answer)).toBe(outcome);
    if (outcome !== 'result') expect(answer['error'].data).toMatchObject({ limit: 2, retryable: true });
  });

  it.each([
    [1, 'result'],
    [2, 'result'],
    [3, 'too_many_in_flight'],
  ])('of 2 subscriptions, number %i: %s; one that ended makes room', async (number, outcome) => {
    await using test = await startTestServer({ ipc: { subscriptions: 2 } });
    const client = await test.enter();
    const subscribe = (): Promise<RawMessage> => client.call('events/subscribe', { topics: ['submission'] });
    const opened: RawMessage[] = [];
    for (let one = 1; one < number; one += 1) opened.push(await subscribe());

    expect(outcomeOf(await subscribe())).toBe(outcome);

    if (outcome === 'result') return;
    await client.call('events/unsubscribe', { subscription: opened[0]?.['result'].subscription });
    expect(outcomeOf(await subscribe())).toBe('result');
  });

  it.each([
    [63, 'result'],
    [64, 'result'],
    [65, 'invalid_request'],
  ])('an id of %i UTF-16 units: %s', async (units, outcome) => {
    await using test = await startTestServer();
    const client = await test.enter();
    const id = 'ü'.repeat(units);

    client.begin(id, 'ping');

    expect(outcomeOf(await client.answer(outcome === 'result' ? id : null))).toBe(outcome);
  });

  it.each([
    [8191, 'result'],
    [8192, 'result'],
    [8193, 'invalid_params'],
  ])('a _meta of %i bytes: %s', async (bytes, outcome) => {
    await using test = await startTestServer();
    const client = await test.enter();
    const empty = JSON.stringify({ pad: '' }).length;

    const answer = await client.call('ping', { _meta: { pad: 'x'.repeat(bytes - empty) } });

    expect(outcomeOf(answer)).toBe(outcome);
  });
});

describe('bytes that a peer does not read', () => {
  const CLOSE = 512 * KIB;

  /** One that has asked for so many answers of 64 KiB and reads none. The kernel takes the first few. */
  async function askAndSleep(test: TestServer, answers: number): Promise<RawClient> {
    const client = await test.enter();
    client.socket.pause();
    const calls = [];
    for (let id = 1; id <= answers; id += 1) {
      client.begin(id, 'test/wait');
      calls.push(await test.begun());
    }
    for (const call of calls) call.finish('x'.repeat(64 * KIB));
    return client;
  }

  const closings = (test: TestServer): number =>
    test.log.filter(({ message }) => message === 'connection is closed: the peer does not read').length;

  it('over the pause stop us hearing it; it is heard again, and gets all, once it reads', async () => {
    await using test = await startTestServer({ ipc: { calls: 64, unsent: { pause: '64 KiB', close: '64 MiB' } } });
    const slow = await askAndSleep(test, 8);
    const other = await test.enter();

    slow.begin('unheard', 'test/wait');
    for (let one = 1; one <= 20; one += 1) await other.call('ping');
    other.begin('heard', 'test/wait');
    const heard = await test.begun();
    slow.socket.resume();
    const unheard = await test.begun();

    expect(heard.context.requestId).not.toBe(unheard.context.requestId);
    unheard.finish('at last');
    expect(await slow.answer('unheard')).toMatchObject({ result: 'at last' });
    expect(closings(test)).toBe(0);
    heard.finish(null);
  });

  it('are none of a peer that reads, however much is said to it in one turn and however little may wait', async () => {
    await using test = await startTestServer({ ipc: { unsent: { pause: '4 KiB', close: '8 KiB' } } });
    const client = await test.enter();
    const texts = [1, 2, 3, 4].map((id) => request(id, 'test/text', { chars: 3000 }));

    client.write(Buffer.concat(texts.map((text) => frame(JSON.stringify(text)))));
    const answers = await Promise.all([1, 2, 3, 4].map((id) => client.answer(id)));

    expect(answers.map(outcomeOf)).toEqual(['result', 'result', 'result', 'result']);
    expect(outcomeOf(await client.call('ping'))).toBe('result');
  });

  it('over the limit close it, with a last word, and nothing is lost of what was said before', async () => {
    await using test = await startTestServer({
      ipc: { calls: 64, unsent: { pause: '4 KiB', close: `${CLOSE / KIB} KiB` } },
    });
    const client = await askAndSleep(test, 32);
    const other = await test.enter();
    while (closings(test) === 0) await other.call('ping');

    client.socket.resume();
    await client.closed;

    const [last] = client.messages.slice(-1);
    expect(last).toMatchObject({ method: '$/goaway', params: { reason: 'slow_consumer' } });
    const answers = client.messages.slice(0, -1).map(({ id }) => id);
    expect(answers).toEqual(answers.map((_one, index) => index + 1));
    // What the limit says, and what the kernel had taken.
    expect(answers.length * 64 * KIB).toBeGreaterThan(CLOSE);
    expect(answers.length).toBeLessThan(32);
  });
});

describe('of several limits that a call breaks, the first is told:', () => {
  const LATER = { graceMs: 10_000, reason: 'shutdown', retryAfterMs: 500 };

  it('its rate before the stop, the stop before the calls in flight', async () => {
    const rate = { calls: { perMinute: 1, burst: 1 } };
    await using test = await startTestServer({ clock: makeManualClock(), ipc: { calls: 1, rate } });
    const client = await test.enter();
    await client.call('test/call');
    client.begin(1, 'test/wait');
    const call = await test.begun();
    const drained = test.server.drain(LATER);
    await client.notification('$/goaway');

    expect(outcomeOf(await client.call('test/call'))).toBe('rate_limited');
    expect(outcomeOf(await client.call('test/wait'))).toBe('shutting_down');
    call.finish(null);
    await drained;
  });

  it('the calls in flight before the scope, the scope before the params', async () => {
    await using test = await startTestServer({ ipc: { calls: 1 } });
    const client = await test.enter('submit');
    client.begin(1, 'test/wait');
    const call = await test.begun();

    expect(outcomeOf(await client.call('test/admin', { wrong: 1 }))).toBe('too_many_in_flight');
    call.finish(null);
    await client.answer(1);
    expect(outcomeOf(await client.call('test/admin', { wrong: 1 }))).toBe('forbidden');
    expect(outcomeOf(await (await test.enter()).call('test/admin', { wrong: 1 }))).toBe('invalid_params');
  });

  it('and a call that is refused costs its token all the same', async () => {
    const rate = { calls: { perMinute: 1, burst: 2 } };
    await using test = await startTestServer({ clock: makeManualClock(), ipc: { calls: 1, rate } });
    const client = await test.enter();
    client.begin(1, 'test/wait');
    await test.begun();

    const outcomes = [];
    for (let one = 1; one <= 3; one += 1) outcomes.push(outcomeOf(await client.call('test/call')));

    expect(outcomes).toEqual(['too_many_in_flight', 'too_many_in_flight', 'rate_limited']);
  });
});
