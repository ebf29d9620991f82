import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { toInstanceName, toKeyId } from '../../src/core/ids.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.ts';

type Kid = 'local' | 'submit' | 'read';

/** The real server, and the real client connected to it as one of its keys. */
async function open({ kid = 'local', ...options }: TestServerOptions & { readonly kid?: Kid } = {}) {
  const server: TestServer = await startTestServer(options);
  const keys = join(server.run, 'keys');
  await mkdir(keys, { mode: 0o700 });
  const key = { v: 1, kid, key: server.login(kid).key, scopes: ['read'], created: '2026-01-02T00:00:00.000Z' };
  await writeFile(join(keys, `${kid}.json`), JSON.stringify(key), { mode: 0o600 });
  const places = { run: server.run, keys, instance: toInstanceName('default') };
  const client = await connect({ places, env: {}, reconnect: false });
  return {
    server,
    client,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const received = (submissionId: string) => ({
  kid: toKeyId('local'),
  topic: 'submission' as const,
  data: { submissionId, state: 'received' as const, name: 'a.csv' },
});

describe('client and server', () => {
  it('agree on what the key may do, whatever its file says', async () => {
    await using session = await open({ kid: 'submit' });

    expect(session.client.scopes).toEqual(['submit']);
    expect(session.client.server.bootId).toBe('boot');
  });

  it('answer many calls at once', async () => {
    await using session = await open();
    const answers: unknown[] = [];

    for (let round = 0; round < 4; round += 1) {
      answers.push(...(await Promise.all(Array.from({ length: 25 }, () => session.client.call('ping', {})))));
    }

    expect(answers).toEqual(Array.from({ length: 100 }, () => ({ bootId: 'boot', uptimeMs: 1 })));
  });

  it('carry the snapshot and then every change in order', async () => {
    await using session = await open();
    session.server.snapshot = () => Promise.resolve({ asOfChange: 0, topics: { submission: { received: 0 } } });

    await using subscription = await session.client.subscribe(['submission']);
    for (const changeSeq of [1, 2, 3]) session.server.publish({ changeSeq, ...received(`s${changeSeq}`) });
    const seen: unknown[] = [];
    for await (const event of subscription) {
      seen.push([event.seq, 'data' in event ? event.data : null]);
      if (seen.length === 3) break;
    }

    expect(subscription.snapshot).toEqual({ submission: { received: 0 } });
    expect(seen).toEqual([1, 2, 3].map((n) => [n, received(`s${n}`).data]));
  });

  it('end with shutting_down and the time to come back when the server drains', async () => {
    await using session = await open();

    await session.server.server.drain({ graceMs: 1000, reason: 'shutdown', retryAfterMs: 250 });
    const ended = await session.client.closed;

    expect([ended.code, ended.data]).toEqual(['shutting_down', { reason: 'shutdown', retryAfterMs: 250 }]);
    await expect(session.client.call('ping', {})).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it('tell an unknown method with its name', async () => {
    await using session = await open();

    await expect(session.client.call('queue/stats', {})).rejects.toMatchObject({ code: 'unknown_method' });
  });
});
