import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../src/client/connect.ts';
import { makeTestHome, type TestDaemon, type TestHome } from '../support/daemon.ts';
import { canonicalReport, submitText, untilDelivery, watsAt, writeToken } from '../support/e2e.ts';
import { eventually } from '../support/intake.ts';
import { type Sink, startSink } from '../support/sink/client.ts';

async function homeAt(url: string, more: Readonly<Record<string, unknown>> = {}): Promise<TestHome> {
  const home = await makeTestHome();
  await home.configure(watsAt(url, more));
  await writeToken(home);
  return home;
}

describe('delivery to a WATS server', () => {
  const stack = new AsyncDisposableStack();
  let sink: Sink;
  let home: TestHome;
  let daemon: TestDaemon;
  let client: Client;
  beforeAll(async () => {
    sink = stack.use(await startSink());
    home = stack.use(await homeAt(sink.url));
    daemon = await home.start();
    client = stack.use(await home.connect());
  });
  afterAll(() => stack.disposeAsync());
  // What the case before held or put off has gone by then: each one waits for the end of its report.
  beforeEach(async () => {
    await sink.setMode({ kind: 'id' });
    await eventually(
      () => client.call('status/get', {}),
      ({ destinations }) => destinations[0]?.state === 'up',
    );
  });
  const requestsFor = async (reportId: string) =>
    (await sink.requests()).filter((request) => request.reportId === reportId);

  it('sends WSJF with the token and counts it as delivered when the answer names the id', async () => {
    const submissionId = await submitText(client, canonicalReport());

    const end = await untilDelivery(client, submissionId, 'delivered');
    const requests = await requestsFor(end.reportId);

    expect(end.serverId).not.toBeNull();
    expect(requests).toEqual([
      expect.objectContaining({
        method: 'POST',
        path: '/api/Report/WSJF',
        hasAuthorization: true,
        reportId: end.reportId,
      }),
    ]);
    expect(daemon.log()).not.toContain('dG9rZW4tZm9yLXRlc3Rz');
  });

  it('lays a report aside as dead with the words of a server that answers 400', async () => {
    await sink.setMode({ kind: 'status', status: 400, body: 'Unknown process code 10' });
    const submissionId = await submitText(client, canonicalReport());

    const end = await untilDelivery(client, submissionId, 'dead');

    expect(end).toMatchObject({ state: 'dead', answer: expect.stringContaining('Unknown process code 10') });
    expect(await requestsFor(end.reportId)).toHaveLength(1);
  });

  it.each([
    ['401', { kind: 'status', status: 401 }],
    ['a redirect', { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:1/elsewhere' } }],
    ['404', { kind: 'status', status: 404 }],
  ] as const)(
    'holds the destination on %s, charges no report, and delivers once it is mended',
    async (_title, mode) => {
      await sink.setMode(mode);
      const submissionId = await submitText(client, canonicalReport());

      const held = await untilDelivery(client, submissionId, 'held');
      const status = await client.call('status/get', {});
      await sink.setMode({ kind: 'id' });
      const end = await untilDelivery(client, submissionId, 'delivered');

      expect(held).toMatchObject({ attempts: 0 });
      expect(status).toMatchObject({ state: 'degraded', destinations: [{ name: 'wats', state: 'held' }] });
      expect(status.reasons).toEqual(
        expect.arrayContaining([expect.objectContaining({ code: 'destination_held', subject: 'wats' })]),
      );
      expect(end.state).toBe('delivered');
      expect((await requestsFor(end.reportId)).length).toBeGreaterThanOrEqual(2);
    },
  );

  it('tries again after 503 with the same id, and delivers', async () => {
    await sink.setMode({ kind: 'status', status: 503 }, { kind: 'status', status: 503 }, { kind: 'id' });
    const submissionId = await submitText(client, canonicalReport());

    const end = await untilDelivery(client, submissionId, 'delivered');
    const last = (await sink.requests()).slice(-3);

    expect(last.map(({ reportId }) => reportId)).toEqual([end.reportId, end.reportId, end.reportId]);
    expect(await requestsFor(end.reportId)).toHaveLength(3);
  });

  it('needs no second submission after a lost answer: the same key gives the same answer', async () => {
    const call = { name: 'a.json', content: canonicalReport(), idempotencyKey: randomUUID() };

    const [first, second] = await Promise.all([client.call('report/submit', call), client.call('report/submit', call)]);

    expect(second.submissionId).toBe(first.submissionId);
    expect(new Set([first.duplicate, second.duplicate])).toEqual(new Set([false, true]));
  });
});

describe('delivery to a WATS server that does not answer', () => {
  it('gives up on a server that hangs after its time, and tries again', async () => {
    await using sink = await startSink({ mode: { kind: 'hang' } });
    await using home = await homeAt(sink.url, { timeout: { connect: '1 s', idle: '300 ms', total: '1 s' } });
    await home.start();
    await using client = await home.connect();
    const submissionId = await submitText(client, canonicalReport());

    const deferred = await untilDelivery(client, submissionId, 'deferred');
    await sink.setMode({ kind: 'id' });
    const end = await untilDelivery(client, submissionId, 'delivered');

    expect(deferred.lastError).toBeTruthy();
    expect(end.state).toBe('delivered');
  });

  it('delivers after a restart what was acknowledged before kill -9', async () => {
    await using sink = await startSink({ mode: { kind: 'hang' } });
    await using home = await homeAt(sink.url);
    const first = await home.start();
    const ids: string[] = [];
    {
      await using client = await home.connect();
      for (let index = 0; index < 5; index += 1) ids.push(await submitText(client, canonicalReport(`SN-${index}`)));
      await untilDelivery(client, ids[0] ?? '', 'inflight');
    }
    await first.end('SIGKILL');
    await sink.setMode({ kind: 'id' });

    await home.start();
    await using client = await home.connect();
    const ends = await Promise.all(ids.map((id) => untilDelivery(client, id, 'delivered')));

    const received = (await sink.requests()).filter(({ isComplete }) => isComplete).map(({ reportId }) => reportId);
    expect(new Set(ends.map(({ reportId }) => reportId)).size).toBe(5);
    expect(received).toEqual(expect.arrayContaining(ends.map(({ reportId }) => reportId)));
  });

  it('lets an upload end that runs when SIGTERM comes: delivered once, exit 0, nothing left for the next start', async () => {
    await using sink = await startSink({ mode: { kind: 'hold' } });
    await using home = await homeAt(sink.url);
    const daemon = await home.start();
    await using client = await home.connect();
    const submissionId = await submitText(client, canonicalReport());
    await untilDelivery(client, submissionId, 'inflight');

    const ending = daemon.end('SIGTERM');
    await client.closed;
    await sink.setMode({ kind: 'status', status: 500 });
    const ended = await ending;
    await home.start();
    await using second = await home.connect();
    const end = await untilDelivery(second, submissionId, 'delivered');

    expect(ended).toEqual({ code: 0, signal: null });
    expect(daemon.log()).toContain('"msg":"drained"');
    expect(end).toMatchObject({ state: 'delivered', tries: 1, attempts: 0 });
    expect(await sink.requests()).toHaveLength(1);
  });

  it('gives the upload back and exits with 0 when the drain runs out of time', async () => {
    await using sink = await startSink({ mode: { kind: 'hang' } });
    await using home = await homeAt(sink.url);
    const daemon = await home.start(['--set', 'daemon.drain=200 ms']);
    await using client = await home.connect();
    const submissionId = await submitText(client, canonicalReport());
    await untilDelivery(client, submissionId, 'inflight');

    const ended = await daemon.end('SIGTERM');
    await sink.setMode({ kind: 'id' });
    await home.start();
    await using second = await home.connect();
    const end = await untilDelivery(second, submissionId, 'delivered');

    expect(ended).toEqual({ code: 0, signal: null });
    expect(end.attempts).toBe(0);
  });

  it('ends by force with 130 at a second signal, and delivers after the next start', async () => {
    await using sink = await startSink({ mode: { kind: 'hang' } });
    await using home = await homeAt(sink.url);
    const daemon = await home.start();
    await using client = await home.connect();
    const submissionId = await submitText(client, canonicalReport());
    await untilDelivery(client, submissionId, 'inflight');

    daemon.child.kill('SIGTERM');
    await client.closed;
    const ended = await daemon.end('SIGTERM');
    await sink.setMode({ kind: 'id' });
    await home.start();
    await using second = await home.connect();

    expect(ended).toEqual({ code: 130, signal: null });
    expect(daemon.log()).toContain('second signal: ended by force');
    expect(await untilDelivery(second, submissionId, 'delivered')).toMatchObject({ attempts: 0 });
  });
});
