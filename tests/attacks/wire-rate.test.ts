import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { connectRaw, frame, type RawClient } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { goodClientMs, LEAN, loginOf, settledStanding } from '../support/standing.ts';
import { expectUnharmed } from '../support/unharmed.ts';

const PER_SECOND = 1;
const BURST = 5;
const IN_FLIGHT = 32;

describe('the rate limit of the real daemon', () => {
  const shared = shareDaemon({
    env: LEAN,
    argv: ['--set', `ipc.rate.calls.perMinute=${PER_SECOND * 60}`, '--set', `ipc.rate.calls.burst=${BURST}`],
  });

  async function enter(kid = 'local'): Promise<RawClient> {
    const login = loginOf(shared.home, kid);
    const client = await connectRaw(login.endpoint);
    await client.login(login);
    return client;
  }

  it('is not refilled by a hundred reconnects, and lets a call in when it said so', async () => {
    const startMs = performance.now();
    let granted = 0;
    let told = 0;

    for (let one = 0; one < 100; one += 1) {
      await using client = await enter();
      const { error } = await client.call('no/such');
      if (error.data.code === 'unknown_method') granted += 1;
      else told = error.data.retryAfterMs;
    }
    const tookMs = performance.now() - startMs;
    await using client = await enter();
    await delay(told + 1);
    const { error } = await client.call('no/such');

    expect(granted).toBeLessThanOrEqual(BURST + Math.ceil((tookMs * PER_SECOND) / 1000));
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(1000 / PER_SECOND);
    expect(error.data.code).toBe('unknown_method');
  });

  it('closes who does not heed it, and neither another key nor the owner’s pings wait', async () => {
    const before = await settledStanding(shared.home);
    const flood = Buffer.concat(
      Array.from({ length: 2000 }, (_none, id) => frame(JSON.stringify({ jsonrpc: '2.0', id, method: 'status/get' }))),
    );

    for (let round = 0; round < 20; round += 1) {
      await using client = await enter();
      client.write(flood);
      await client.closed;
      const denied = client.messages.filter(({ error }) => error?.data.code === 'rate_limited');
      expect(denied.length).toBe(50);
      expect(client.messages.length).toBeLessThanOrEqual(50 + BURST + 1);
    }

    expect(await goodClientMs(loginOf(shared.home, 'submit'))).toBeLessThan(100);
    await expectUnharmed(shared.home, before);
  });

  it('keeps who has no more calls in flight than it was told, whatever it is denied', async () => {
    await using client = await enter();

    for (let id = 1; id <= IN_FLIGHT; id += 1) client.begin(id, 'no/such');
    for (let id = 1; id <= IN_FLIGHT; id += 1) await client.answer(id);

    expect((await client.call('ping'))['result']).toBeDefined();
  });
});
