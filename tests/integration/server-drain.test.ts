import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeManualClock } from '../support/manual-clock.ts';
import { frame } from '../support/raw-client.ts';
import { startTestServer } from '../support/test-server.ts';

const options = { graceMs: 10_000, reason: 'shutdown', retryAfterMs: 500 };

describe('drain()', () => {
  it('says goodbye, refuses new calls but ping, and lets a running call end', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    client.send({ jsonrpc: '2.0', id: 1, method: 'test/wait' });
    const call = await test.begun();

    const drained = test.server.drain(options);

    expect((await client.notification('$/goaway'))['params']).toEqual({
      reason: 'shutdown',
      retryAfterMs: 500,
      bootId: 'boot',
    });
    expect(await client.call('test/wait')).toMatchObject({
      error: { code: -32_050, data: { code: 'shutting_down', retryable: true, retryAfterMs: 500 } },
    });
    expect(await client.call('ping')).toMatchObject({ result: { bootId: 'boot' } });
    call.finish('done');
    expect(await client.answer(1)).toMatchObject({ result: 'done' });
    await client.closed;
    await drained;
  });

  it('withdraws the discovery file, and nobody new gets in', async () => {
    await using test = await startTestServer();
    const file = join(test.run, 'default.json');
    expect(existsSync(file)).toBe(true);

    await test.server.drain(options);

    expect(existsSync(file)).toBe(false);
    await expect(test.connect()).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  });

  it('does not cut off long answers that are on their way', async () => {
    await using test = await startTestServer();
    const [client, other] = [await test.enter(), await test.enter()];
    client.send({ jsonrpc: '2.0', id: 13, method: 'test/wait' });
    const call = await test.begun();
    const request = (id: number) => ({ jsonrpc: '2.0', id, method: 'test/text', params: { chars: 250_000 } });
    const frames = Array.from({ length: 12 }, (_none, index) => frame(JSON.stringify(request(index + 1))));
    client.socket.pause();
    client.write(Buffer.concat(frames));
    // Each answer takes more than a connection's turn, so others are heard between them: as many pings later all of them are made.
    for (const _frame of frames) await other.call('ping');
    await other.call('ping');

    const drained = test.server.drain(options);
    await other.notification('$/goaway');
    call.finish('last');
    await other.closed;
    client.socket.resume();

    const answers = await Promise.all(frames.map((_frame, index) => client.answer(index + 1)));
    expect(answers.map(({ result }) => result.text.length)).toEqual(Array(12).fill(250_000));
    expect(await client.answer(13)).toMatchObject({ result: 'last' });
    await drained;
  });

  it.each([
    [9_999, true],
    [10_000, false],
  ])('after %i ms still holds what a peer has not read: %s', async (waitedMs, isWhole) => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock, wireClock: clock });
    const slow = await test.enter();
    slow.socket.pause();
    for (let id = 1; id <= 12; id += 1) slow.begin(id, 'test/text', { chars: 250_000 });
    const other = await test.enter();
    await other.call('ping');

    const drained = test.server.drain(options);
    await other.closed;
    clock.advance(waitedMs);
    slow.socket.resume();
    await slow.closed;

    expect(slow.messages.filter(({ result }) => result?.text.length === 250_000).length === 12).toBe(isWhole);
    await drained;
  });

  it('aborts what still runs when the grace is over, and still answers it', async () => {
    const clock = makeManualClock();
    await using test = await startTestServer({ clock });
    const client = await test.enter();
    client.send({ jsonrpc: '2.0', id: 1, method: 'test/wait' });
    const call = await test.begun();

    const drained = test.server.drain(options);
    await client.notification('$/goaway');
    clock.advance(10_000);

    expect(await client.answer(1)).toMatchObject({
      error: { code: -32_802, data: { code: 'server_cancelled', retryable: true, retryAfterMs: 500 } },
    });
    expect(call.context.signal.aborted).toBe(true);
    await drained;
  });

  it('aborts at once when its signal is aborted', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    client.send({ jsonrpc: '2.0', id: 1, method: 'test/wait' });
    await test.begun();
    const force = new AbortController();

    const drained = test.server.drain({ ...options, signal: force.signal });
    await client.notification('$/goaway');
    force.abort();

    expect(await client.answer(1)).toMatchObject({ error: { code: -32_802 } });
    await drained;
  });

  it('tells a connection that has not proved its key nothing', async () => {
    await using test = await startTestServer();
    const client = await test.connect();
    await client.hello(test.login('local'));

    await test.server.drain(options);

    await client.closed;
    expect(client.messages).toEqual([]);
  });
});
