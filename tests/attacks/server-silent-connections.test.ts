import { describe, expect, it } from 'vitest';
import { startTestServer } from '../support/test-server.ts';

describe('200 connections of which 190 are silent', () => {
  it('do not keep a good client out, nor hold more than the seats', async () => {
    await using test = await startTestServer();
    const silent = await Promise.all(Array.from({ length: 190 }, () => test.connect()));
    const good = [];

    for (let one = 1; one <= 10; one += 1) good.push(await test.enter(one % 2 === 0 ? 'local' : 'submit'));

    expect(await Promise.all(good.map((client) => client.call('ping')))).toHaveLength(10);
    expect(test.server.connections()).toBe(10);
    expect(silent.filter(({ isClosed }) => !isClosed).length).toBeLessThanOrEqual(8);
  });

  it('do not keep a good client out while new ones keep coming', async () => {
    await using test = await startTestServer();
    const over = new AbortController();
    const flood = async (): Promise<void> => {
      while (!over.signal.aborted) await test.connect();
    };
    const floods = [flood(), flood(), flood(), flood()];

    const client = await test.enter();
    over.abort();
    await Promise.all(floods);

    expect(await client.call('ping')).toMatchObject({ result: { bootId: 'boot' } });
  });
});
