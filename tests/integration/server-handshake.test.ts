import { describe, expect, it } from 'vitest';
import { makeManualClock } from '../support/manual-clock.ts';
import { frame, prove, type RawClient } from '../support/raw-client.ts';
import { startTestServer } from '../support/test-server.ts';

const wrongProof = 'x'.repeat(43);

describe('the way in', () => {
  it('tells a proved key its scopes, limits and methods', async () => {
    await using test = await startTestServer();
    await using client = await test.connect();

    const { result } = await client.login(test.login('submit'));

    expect(result).toEqual({
      session: expect.stringMatching(/^[\w-]{16}$/),
      scopes: ['submit'],
      capabilities: [],
      limits: {
        jsonFrame: 262_144,
        chunk: 65_536,
        depth: 64,
        inline: 131_072,
        callsInFlight: 32,
        streams: 8,
        subscriptions: 16,
        unsentBytes: 8_388_608,
        report: 1_000_000,
      },
      rate: {
        calls: { capacity: 20, refillPerSecond: 100 / 60 },
        submit: { capacity: 500, refillPerSecond: 100 },
      },
      server: { name: 'airlock', version: '0.0.0', bootId: 'boot' },
      methods: expect.not.arrayContaining(['test/admin']),
    });
  });

  it('answers a call before hello with not_initialized, then closes', async () => {
    await using test = await startTestServer();
    await using client = await test.connect();

    const { error } = await client.call('ping');

    expect(error).toMatchObject({ code: -32_002, data: { code: 'not_initialized', retryable: false } });
    await client.closed;
  });

  it('answers a call between hello and authenticate with unauthenticated, then closes', async () => {
    await using test = await startTestServer();
    await using client = await test.connect();
    await client.hello(test.login('local'));

    const { error } = await client.call('ping');

    expect(error).toMatchObject({ code: -32_001, data: { code: 'unauthenticated' } });
    await client.closed;
  });

  it('closes at a second hello without an answer', async () => {
    await using test = await startTestServer();
    await using client = await test.connect();
    await client.hello(test.login('local'));

    await expect(client.hello(test.login('local'))).rejects.toThrow('connection was closed');
  });

  it('closes at a notification without an answer', async () => {
    await using test = await startTestServer();
    await using client = await test.connect();

    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });

    await client.closed;
    expect(client.messages).toEqual([]);
  });

  it('answers an unknown protocol version with the versions it speaks, then closes', async () => {
    await using test = await startTestServer();
    await using client = await test.connect();

    const { error } = await client.call('hello', {
      protocol: { min: 2, max: 9 },
      kid: 'local',
      nonce: 'n'.repeat(43),
      client: { name: 'raw', version: '0' },
    });

    expect(error).toMatchObject({ code: -32_010, data: { supported: { min: 1, max: 1 } } });
    await client.closed;
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a body that is no JSON', '{nonsense}'],
    ['a body that begins with no brace', '[1]'],
  ])('closes at %s without an answer', async (_what, body) => {
    await using test = await startTestServer();
    await using client = await test.connect();

    client.write(frame(body));

    await client.closed;
    expect(client.messages).toEqual([]);
  });

  it('closes at a stray HTTP request', async () => {
    await using test = await startTestServer();
    await using client = await test.connect();

    client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));

    await client.closed;
    expect(client.messages).toEqual([]);
  });

  it('takes a frame of 4096 bytes and closes at one of 4097 without an answer', async () => {
    await using test = await startTestServer();
    await using fits = await test.connect();
    await using over = await test.connect();
    const padded = (size: number) => frame(`${'{"jsonrpc":"2.0","id":1,"method":"ping"'.padEnd(size - 1)}}`);

    fits.write(padded(4096));
    over.write(padded(4097));

    expect(await fits.answer(1)).toMatchObject({ error: { code: -32_002 } });
    await over.closed;
    expect(over.messages).toEqual([]);
  });
});

describe('a wrong key', () => {
  it('is answered unauthenticated, then closed', async () => {
    await using test = await startTestServer();
    await using client = await test.connect();
    await client.hello(test.login('local'));

    const { error } = await client.call('authenticate', { proof: wrongProof, capabilities: [] });

    expect(error).toMatchObject({ code: -32_001, data: { code: 'unauthenticated', retryable: false } });
    await client.closed;
  });

  it('cannot be told from an unknown key id', async () => {
    await using test = await startTestServer();
    const attempt = async (kid: string) => {
      await using client = await test.connect();
      const { answer } = await client.hello({ ...test.login('local'), kid });
      const { error } = await client.call('authenticate', { proof: wrongProof, capabilities: [] });
      await client.closed;
      return { fields: Object.keys(answer['result']), proofChars: answer['result'].proof.length, error };
    };

    expect(await attempt('nobody')).toEqual(await attempt('local'));
  });

  it('waits for its answer from the sixth failure of the whole daemon on', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock });
    const fail = async () => {
      const client = await test.connect();
      await client.hello(test.login('local'));
      return { client, answer: client.call('authenticate', { proof: wrongProof, capabilities: [] }) };
    };
    for (let failure = 1; failure <= 5; failure += 1) await (await fail()).answer;

    const sixth = await fail();
    await test.enter();
    expect(sixth.client.isClosed).toBe(false);
    expect(sixth.client.messages).toEqual([]);
    clock.advance(1000);

    expect(await sixth.answer).toMatchObject({ error: { code: -32_001 } });
    await sixth.client.closed;
  });

  it('is refused for a proof of the other side and for another endpoint name', async () => {
    await using test = await startTestServer();
    const login = test.login('local');
    const attempt = async (side: 'server' | 'client', endpoint: string) => {
      await using client = await test.connect();
      const { nonces } = await client.hello(login);
      return await client.call('authenticate', {
        proof: prove(side, { ...login, endpoint }, nonces),
        capabilities: [],
      });
    };

    expect(await attempt('server', login.endpoint)).toMatchObject({ error: { code: -32_001 } });
    expect(await attempt('client', '/elsewhere.sock')).toMatchObject({ error: { code: -32_001 } });
  });
});

describe('seats before authentication', () => {
  it('cut a silent connection at the deadline', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock });
    await using client = await test.connect();
    await test.enter();

    clock.advance(1999);
    await test.enter();
    expect(client.isClosed).toBe(false);
    clock.advance(1);

    await client.closed;
    expect(client.messages).toEqual([]);
  });

  it('hold eight; a ninth that stays takes the place of the oldest, but not before it had its time', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock });
    const seated: RawClient[] = [];
    for (let seat = 1; seat <= 8; seat += 1) {
      const client = await test.connect();
      await client.hello(test.login('local'));
      seated.push(client);
    }
    const closed = (): boolean[] => seated.map(({ isClosed }) => isClosed);

    const passing = await test.enter();
    const ninth = await test.connect();
    await ninth.hello(test.login('local'));
    clock.advance(99);
    await passing.call('ping');
    expect(closed()).toEqual(Array(8).fill(false));
    clock.advance(1);

    await seated[0]?.closed;
    expect(closed()).toEqual([true, ...Array(7).fill(false)]);
    expect(ninth.isClosed).toBe(false);
  });

  it('have room for 256 more that stand for a moment; the newest silent one goes where all have greeted', async () => {
    await using test = await startTestServer({ clock: makeManualClock() });
    const greeted = await Promise.all(Array.from({ length: 8 + 256 }, () => test.connect()));
    await Promise.all(greeted.map((client) => client.hello(test.login('local'))));

    const newcomer = await test.connect();

    await newcomer.closed;
    expect(greeted.filter(({ isClosed }) => isClosed)).toEqual([]);
  });

  it('answer too_many_connections at authenticate once the places of a key are taken', async () => {
    await using test = await startTestServer({ ipc: { perKey: 2 } });
    await test.enter();
    await test.enter();
    await using third = await test.connect();

    const { error } = await third.login(test.login('local'));

    expect(error).toMatchObject({
      code: -32_031,
      data: { code: 'too_many_connections', retryable: true, limit: 2, retryAfterMs: 1000 },
    });
    await third.closed;
  });

  it('keep places for admin keys', async () => {
    await using test = await startTestServer({ ipc: { connections: 4, perKey: 4, adminReserve: 2 } });
    await test.enter('submit');
    await test.enter('submit');
    await using refused = await test.connect();

    expect(await refused.login(test.login('submit'))).toMatchObject({ error: { code: -32_031 } });
    await test.enter('local');
    await test.enter('local');
    expect(test.server.connections()).toBe(4);
  });
});
