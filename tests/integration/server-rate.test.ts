import { describe, expect, it } from 'vitest';
import { makeManualClock } from '../support/manual-clock.ts';
import type { RawClient } from '../support/raw-client.ts';
import { startTestServer } from '../support/test-server.ts';

const rate = { calls: { perMinute: 60, burst: 2 }, submit: { perMinute: 60, burst: 3 }, global: 2 };
const MIB = 1024 ** 2;

async function codes(client: RawClient, method: string, count: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let one = 0; one < count; one += 1) {
    const { error } = await client.call(method);
    seen.push(error === undefined ? 'ok' : error.data.code);
  }
  return seen;
}

describe('the rate limit', () => {
  it('lets a burst through, then tells exactly when the next call may come', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, ipc: { rate } });
    const client = await test.enter();

    expect(await codes(client, 'test/call', 3)).toEqual(['ok', 'ok', 'rate_limited']);
    clock.advance(400);
    // The token that is there in 600 ms is that of the call before.
    const { error } = await client.call('test/call');
    expect(error).toEqual({
      code: -32_029,
      message: 'Cannot run test/call: rate limit reached',
      data: { code: 'rate_limited', retryable: true, retryAfterMs: 1600, bucket: 'calls' },
    });
    clock.advance(599);
    expect(await codes(client, 'test/call', 1)).toEqual(['rate_limited']);
    clock.advance(1);
    expect(await codes(client, 'test/call', 1)).toEqual(['ok']);
  });

  it('is not refilled by a new connection, and is told to it', async () => {
    await using test = await startTestServer({ clock: makeManualClock(), ipc: { rate } });
    const first = await test.enter();
    await codes(first, 'test/call', 2);
    first.socket.destroy();

    await using again = await test.connect();
    const { result } = await again.login(test.login('local'));

    expect(result.rate).toEqual({
      calls: { capacity: 2, refillPerSecond: 1 },
      submit: { capacity: 3, refillPerSecond: 1 },
    });
    expect(await codes(again, 'test/call', 1)).toEqual(['rate_limited']);
  });

  it('holds for each key and each class by itself, and for all keys together', async () => {
    await using test = await startTestServer({ clock: makeManualClock(), ipc: { rate } });
    const [one, two, three] = [await test.enter('local'), await test.enter('submit'), await test.enter('read')];

    expect(await codes(one, 'test/call', 3)).toEqual(['ok', 'ok', 'rate_limited']);
    expect(await codes(one, 'test/submit', 4)).toEqual(['ok', 'ok', 'ok', 'rate_limited']);
    expect(await codes(two, 'test/call', 3)).toEqual(['ok', 'ok', 'rate_limited']);
    // Four tokens of all keys are gone.
    expect(await codes(three, 'test/call', 1)).toEqual(['rate_limited']);
  });

  it('charges an unknown method to calls, and neither ping nor an end of a subscription to anything', async () => {
    await using test = await startTestServer({ clock: makeManualClock(), ipc: { rate } });
    const client = await test.enter();

    expect(await codes(client, 'ping', 5)).toEqual(Array.from({ length: 5 }, () => 'ok'));
    expect(await codes(client, 'no/such', 3)).toEqual(['unknown_method', 'unknown_method', 'rate_limited']);
    const { error } = await client.call('events/unsubscribe', { subscription: 'none' });
    expect(error.data.code).toBe('not_found');
  });

  it('charges a token for each MiB that is streamed, also below zero', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, ipc: { rate } });
    const client = await test.enter('local', ['streams']);
    client.begin('up', 'test/submit', { stream: 1 });
    for (let sent = 0, credit = 0; sent < 5 * MIB; sent += 65_536) {
      if (credit < 65_536) credit += (await client.notification('$/credit'))['params'].bytes;
      client.chunk(1, Buffer.alloc(65_536));
      credit -= 65_536;
    }
    client.chunk(1, '', 1);
    await client.answer('up');

    // Three tokens, one for the call and five for its bytes: four more are needed for one.
    const { error } = await client.call('test/submit');

    expect(error.data).toMatchObject({ retryAfterMs: 4000, bucket: 'submit' });
  });

  it.each([
    [49, false],
    [50, true],
  ])('closes a connection that ignores it %i times in 10 s: %s', async (times, isClosed) => {
    await using test = await startTestServer({ clock: makeManualClock(), ipc: { rate } });
    const client = await test.enter();
    await codes(client, 'test/call', 2);

    expect(await codes(client, 'test/call', times)).toEqual(Array.from({ length: times }, () => 'rate_limited'));

    if (isClosed) await client.closed;
    else expect(await codes(client, 'ping', 1)).toEqual(['ok']);
  });

  it('keeps a client whose 32 calls at once each wait as long as they are told, and lets each through in its turn', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, ipc: { rate } });
    const client = await test.enter();
    await codes(client, 'test/call', 2);
    const answers = await Promise.all(Array.from({ length: 32 }, () => client.call('test/call')));
    const toldMs = answers.map(({ error }) => error.data.retryAfterMs);
    expect(toldMs).toEqual(Array.from({ length: 32 }, (_none, index) => (index + 1) * 1000));

    const seen: unknown[] = [];
    for (const _told of toldMs) {
      clock.advance(1000);
      seen.push(...(await codes(client, 'test/call', 1)));
    }

    expect(new Set(seen)).toEqual(new Set(['ok']));
  });

  it.each([
    [32, 51, false],
    [32, 52, true],
    [100, 102, false],
    [100, 103, true],
  ])('of %i calls in flight, closes a client that sends %i before it reads the first denial: %s', async (...row) => {
    const [calls, sent, isClosed] = row;
    await using test = await startTestServer({ clock: makeManualClock(), ipc: { rate, calls } });
    const client = await test.enter();

    // Two of them have a token.
    for (let id = 1; id <= sent; id += 1) client.begin(id, 'test/call');

    expect(await client.answer(sent)).toMatchObject({ error: { data: { code: 'rate_limited' } } });
    if (isClosed) await client.closed;
    else expect(await codes(client, 'ping', 1)).toEqual(['ok']);
  });

  it('does not count what was ignored more than 10 s ago', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, ipc: { rate: { ...rate, calls: { perMinute: 1, burst: 1 } } } });
    const client = await test.enter();
    await codes(client, 'test/call', 1);

    await codes(client, 'test/call', 49);
    clock.advance(10_000);

    expect(await codes(client, 'test/call', 1)).toEqual(['rate_limited']);
    expect(await codes(client, 'ping', 1)).toEqual(['ok']);
  });

  it('is none where the setting is 0', async () => {
    const none = { calls: { perMinute: 0 }, submit: { perMinute: 0 } };
    await using test = await startTestServer({ clock: makeManualClock(), ipc: { rate: none } });
    await using client = await test.connect();

    const { result } = await client.login(test.login('local'));

    expect(result.rate).toEqual({ calls: null, submit: null });
    expect(new Set(await codes(client, 'test/call', 200))).toEqual(new Set(['ok']));
  });
});
