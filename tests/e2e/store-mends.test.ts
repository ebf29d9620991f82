import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, submitText, watsAt, writeToken } from '../support/e2e.ts';
import { eventually } from '../support/intake.ts';
import { connectRaw, type RawClient } from '../support/raw-client.ts';
import { startSink } from '../support/sink/client.ts';

/** A raw connection, authenticated with one of the keys of the home. */
async function enter(home: TestHome, kid: string): Promise<RawClient> {
  const found = JSON.parse(readFileSync(join(home.places.run, 'default.json'), 'utf8'));
  const { key } = JSON.parse(readFileSync(join(home.places.keys, `${kid}.json`), 'utf8'));
  const client = await connectRaw(found.endpoint);
  await client.login({ kid, key, endpoint: found.endpoint, instance: found.instance }, ['streams']);
  return client;
}

const threeReports = (unit: string): string =>
  ['a', 'b', 'c'].map((letter) => canonicalReport(`${unit}-${letter}`)).join('\n');

describe('a full queue', () => {
  it('gives a streamed call that is repeated its first answer, with and without its bytes', async () => {
    await using home = await makeTestHome();
    // Nobody listens there: the one report stays, and the queue is full.
    await home.configure({ queue: { maxItems: 1 }, ...watsAt('http://127.0.0.1:9') });
    await writeToken(home);
    await home.start();
    await using client = await enter(home, 'local');
    const idempotencyKey = randomUUID();
    const send = async (stream: number, bytes = canonicalReport(), more = {}) => {
      client.begin(stream, 'report/submit', { name: 'a.json', stream, idempotencyKey, ...more });
      const first = await client.next((message) => message['id'] === stream || message['method'] === '$/credit');
      if (first['id'] === stream) return { answer: first, isRead: false };
      client.chunk(stream, bytes, 1);
      return { answer: await client.answer(stream), isRead: true };
    };
    const first = (await send(1)).answer['result'];
    const full = { name: 'b.json', content: canonicalReport('SN-2'), idempotencyKey: randomUUID() };
    const refused = await client.call('report/submit', full);

    const again = await send(3);
    const unread = await send(5, '', { sha256: first['sha256'] });
    const other = await send(7, canonicalReport('SN-3'));

    expect(refused['error']).toMatchObject({ data: { code: 'queue_full' } });
    expect(again).toMatchObject({ isRead: true, answer: { result: { ...first, duplicate: true } } });
    expect(unread).toMatchObject({ isRead: false, answer: { result: { ...first, duplicate: true } } });
    expect(other.answer['error']).toMatchObject({ data: { code: 'conflict', submissionId: first['submissionId'] } });
  });

  it('converts nothing more while the server is down and reports are over the limit, and all of it once it is back', async () => {
    await using sink = await startSink();
    await sink.setMode({ kind: 'status', status: 503 });
    await using home = await makeTestHome();
    await home.configure({ queue: { maxItems: 8 }, ...watsAt(sink.url) });
    await writeToken(home);
    await home.start();
    await using client = await home.connect();
    const stats = () => client.call('queue/stats', {});

    // All at once, so that they are taken before the first one is three reports.
    const units = ['1', '2', '3', '4', '5', '6', '7', '8'];
    const sent = await Promise.allSettled(units.map((unit) => submitText(client, threeReports(unit), `${unit}.jsonl`)));
    const taken = sent.filter(({ status }) => status === 'fulfilled').length;
    const over = await eventually(stats, ({ items, submissions }) => items > 8 && submissions['converting'] === 0);
    await eventually(
      () => client.call('status/get', {}),
      ({ destinations }) => destinations[0]?.state === 'waiting',
    );
    const later = await stats();
    await sink.setMode({ kind: 'id' });
    const drained = await eventually(stats, ({ items }) => items === 0);

    expect(over.submissions['received']).toBeGreaterThan(0);
    expect(later.submissions).toEqual(over.submissions);
    expect(drained.submissions['converted']).toBe(taken);
    expect(drained.deliveries['delivered']).toBe(3 * taken);
  });
});
