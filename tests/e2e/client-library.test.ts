import { describe, expect, it } from 'vitest';
import { type AirlockEvent, type Client, type ClientState, connect, type ConnectOptions } from '../../src/index.ts';
import { makeCuttableTransport } from '../support/cuttable-transport.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, submissionNames } from '../support/e2e.ts';

const open = (home: TestHome, options: ConnectOptions = {}): Promise<Client> =>
  connect({ places: home.places, env: {}, client: { name: 'test', version: '0' }, ...options });

async function takeUntil(
  events: AsyncIterable<AirlockEvent>,
  isLast: (event: AirlockEvent) => boolean,
): Promise<readonly AirlockEvent[]> {
  const seen: AirlockEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (isLast(event)) break;
  }
  return seen;
}

const isConverted = (event: AirlockEvent): boolean => event.topic === 'submission' && event.data.state === 'converted';

describe('a program with the client library', () => {
  it('hands over text, bytes, pieces and companions, and follows them to their end', async () => {
    await using home = await makeTestHome();
    await home.start();
    await using client = await open(home);
    await using events = await client.subscribe(['submission']);
    const large = Buffer.from(canonicalReport('SN-large').padEnd(300_000));
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let offset = 0; offset < large.length; offset += 10_000) yield large.subarray(offset, offset + 10_000);
    }

    const answers = [
      await client.submit({ name: 'text.json', content: canonicalReport('SN-text') }),
      await client.submit({ name: 'bytes.json', content: large }),
      await client.submit({ name: 'pieces.json', content: pieces, size: large.length }),
      await client.submit({
        name: 'with.json',
        content: canonicalReport('SN-with'),
        companions: [{ name: 'a.log', content: 'log' }],
      }),
    ];
    const done = new Set<string>();
    await takeUntil(events, (event) => {
      if (isConverted(event) && event.topic === 'submission') done.add(event.data.submissionId);
      return done.size === answers.length;
    });

    expect([...done].toSorted()).toEqual(answers.map(({ submissionId }) => submissionId).toSorted());
    expect(answers[1]).toMatchObject({ bytes: large.length, sha256: answers[2]?.sha256, duplicate: false });
  });

  it('learns of a daemon that restarts, and everything that it began meanwhile is done once', async () => {
    await using home = await makeTestHome();
    const first = await home.start();
    const states: ClientState[] = [];
    await using client = await open(home, { onState: (state) => states.push(state) });
    await using events = await client.subscribe(['submission']);
    await client.submit({ name: 'before.json', content: canonicalReport('SN-before') });
    const bootId = client.server.bootId;

    await first.end('SIGTERM');
    const [status, submitted] = [
      client.call('status/get', {}, { deadlineMs: 120_000 }),
      client.submit({ name: 'between.json', content: canonicalReport('SN-between') }, { deadlineMs: 120_000 }),
    ];
    await home.start();
    const after = await client.submit({ name: 'after.json', content: canonicalReport('SN-after') });
    const seen = await takeUntil(
      events,
      (event) => event.topic === 'submission' && event.data.submissionId === after.submissionId,
    );

    expect((await status).bootId).toBe(client.server.bootId);
    expect(client.server.bootId).not.toBe(bootId);
    expect(await submitted).toMatchObject({ duplicate: false });
    expect(await submissionNames(client)).toEqual(['after.json', 'before.json', 'between.json']);
    expect(seen).toContainEqual({
      topic: 'snapshot',
      seq: expect.any(Number),
      reason: 'restarted',
      snapshot: { submission: expect.any(Object) },
    });
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_event, index) => index + 1));
    expect(states[0]).toMatchObject({ kind: 'reconnecting', error: { code: 'shutting_down' } });
    expect(states.at(-1)).toEqual({ kind: 'connected' });
  });

  it('misses no event and hears none twice when its connection is cut while the daemon goes on', async () => {
    await using home = await makeTestHome();
    await home.start();
    await using watcher = await open(home);
    await using expected = await watcher.subscribe(['submission', 'report']);
    const { transport, cut } = makeCuttableTransport();
    await using client = await open(home, { transport });
    await using events = await client.subscribe(['submission', 'report']);

    const names = Array.from({ length: 12 }, (_none, index) => `file-${index}.json`);
    for (const name of names) {
      await client.submit({ name, content: canonicalReport(name) });
      if (names.indexOf(name) % 3 === 0) cut();
    }
    await client.submit({ name: 'last.json', content: canonicalReport('last') });
    const isLast = (event: AirlockEvent): boolean =>
      isConverted(event) && event.topic === 'submission' && event.data.name === 'last.json';
    const [all, own] = await Promise.all([takeUntil(expected, isLast), takeUntil(events, isLast)]);
    const data = (list: readonly AirlockEvent[]) => list.map((event) => ('data' in event ? event.data : event.topic));

    expect(data(own)).toEqual(data(all));
    expect(own.map(({ seq }) => seq)).toEqual(own.map((_event, index) => index + 1));
  });

  it('hears of every topic at once, each with its own data', async () => {
    await using home = await makeTestHome();
    await home.start();
    await using client = await open(home);
    const topics = ['status', 'progress', 'submission', 'report', 'converter', 'config'] as const;
    await using events = await client.subscribe(topics, { minIntervalMs: 20 });

    await client.submit({ name: 'a.json', content: canonicalReport() });
    const heard = new Set<string>();
    const seen = await takeUntil(events, (event) => {
      if (event.topic === 'report') heard.add(event.data.state);
      if (event.topic === 'status') heard.add(event.data.bootId);
      return heard.has('delivered') && heard.has(client.server.bootId);
    });

    expect(Object.keys(events.snapshot).toSorted()).toEqual([...topics].toSorted());
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_event, index) => index + 1));
  });

  it('ends as unauthenticated when its key is revoked', async () => {
    await using home = await makeTestHome();
    await home.start();
    await using owner = await open(home);
    await owner.call('key/create', { kid: 'console', scopes: ['read'] });
    await using client = await open(home, { key: 'console' });
    await using events = await client.subscribe(['submission']);
    const next = events[Symbol.asyncIterator]().next();
    next.catch(() => undefined);

    await owner.call('key/revoke', { kid: 'console' });

    expect((await client.closed).code).toBe('unauthenticated');
    await expect(next).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(client.call('status/get', {})).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
