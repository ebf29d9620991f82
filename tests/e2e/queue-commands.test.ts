import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, documents, submitText, until, untilDelivery, watsAt, writeToken } from '../support/e2e.ts';
import { eventually } from '../support/processes.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { startSink } from '../support/sink/client.ts';

const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

const REFUSED = { kind: 'status', status: 400, body: 'no such part number' } as const;
const DOWN = { kind: 'status', status: 503, body: 'later' } as const;

const asJson = async (home: TestHome, ...argv: readonly string[]) => {
  const { stdout, exitCode } = await home.airlock([...argv, '--json']);
  return { exitCode, document: documents(stdout)[0] };
};

describe('airlock queue pause', () => {
  const shared = shareDaemon({ prepare: (home) => home.configure({}) });

  it('stops uploads, not conversions, tells so everywhere, and resume delivers what waited', async () => {
    const { home, client } = shared;

    const paused = await asJson(home, 'queue', 'pause');
    const submissionId = await submitText(client, canonicalReport('PAUSED-1'));
    const waiting = await untilDelivery(client, submissionId, 'ready');
    const status = await client.call('status/get', {});
    const stats = await home.airlock(['queue', 'stats']);
    const drain = await asJson(home, 'queue', 'drain', '--timeout', '5 s');
    const waited = await asJson(home, 'wait', '--drained', '--timeout', '5 s');
    const resumed = await asJson(home, 'queue', 'resume');
    const delivered = await untilDelivery(client, submissionId, 'delivered');

    expect(paused.document).toMatchObject({ changed: true, paused: { destinations: [] } });
    expect(waiting.tries).toBe(0);
    expect(status).toMatchObject({ state: 'degraded', queue: { paused: { destinations: [] } } });
    expect(status.reasons).toMatchObject([{ code: 'queue_paused', action: 'airlock queue resume' }]);
    expect(stats.stdout).toContain('uploads paused since 20');
    expect(waited.exitCode).toBe(0);
    expect([drain.exitCode, drain.document]).toMatchObject([65, { error: { code: 'request_failed' } }]);
    expect(resumed.document).toMatchObject({ changed: true, paused: { since: null, destinations: [] } });
    expect(delivered.tries).toBe(1);
  });

  it('of a destination is the same hold as destination hold, and lasts over a restart', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    await asJson(home, 'destination', 'hold', 'folder');
    await daemon.end('SIGTERM');
    await home.start();
    await using client = await home.connect('local');
    const submissionId = await submitText(client, canonicalReport('HELD-1'));

    const row = await untilDelivery(client, submissionId, 'ready');
    const [listed] = (await client.call('destination/list', {})).items;
    const { reasons } = await client.call('status/get', {});
    const again = await asJson(home, 'queue', 'pause', '--destination', 'folder');
    const released = await asJson(home, 'destination', 'release', 'folder');

    expect(row.tries).toBe(0);
    expect(listed).toMatchObject({ name: 'folder', state: 'held', reason: 'held by a person' });
    expect(reasons).toMatchObject([{ code: 'destination_held', action: 'airlock destination release folder' }]);
    expect(again.document).toMatchObject({ changed: false, paused: { since: null, destinations: ['folder'] } });
    expect(released.document).toMatchObject({ changed: true, paused: { destinations: [] } });
    await untilDelivery(client, submissionId, 'delivered');
  });

  it('of a destination that is configured no more can still be ended', async () => {
    await using home = await makeTestHome();
    await home.configure({
      destinations: { folder: { type: 'directory', path: 'delivered' }, second: { type: 'directory', path: 'second' } },
    });
    const daemon = await home.start();
    await asJson(home, 'destination', 'hold', 'second');
    await daemon.end('SIGTERM');
    await home.configure({});
    await home.start();

    const released = await asJson(home, 'destination', 'release', 'second');

    expect(released.document).toMatchObject({ changed: true, paused: { since: null, destinations: [] } });
  });

  it('names a destination that is not configured as not found', async () => {
    const ends = await Promise.all(
      [
        ['queue', 'pause', '--destination', 'nowhere'],
        ['destination', 'release', 'nowhere'],
        ['queue', 'drain', '--destination', 'nowhere'],
      ].map((argv) => asJson(shared.home, ...argv)),
    );

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([1, 1, 1]);
    expect(ends[0]?.document).toMatchObject({ error: { code: 'not_found' } });
  });
});

describe('airlock queue resume', () => {
  it('tries a destination at once that waits for its backoff', async () => {
    await using sink = await startSink({ mode: DOWN });
    await using home = await makeTestHome();
    await home.configure(watsAt(sink.url, { retry: { first: '1 h', max: '1 h', probe: '1 h' } }));
    await writeToken(home);
    await home.start();
    await using client = await home.connect('local');
    const submissionId = await submitText(client, canonicalReport('BACKOFF-1'));
    await untilDelivery(client, submissionId, 'deferred');
    await sink.setMode({ kind: 'id' });

    await asJson(home, 'queue', 'resume', '--destination', 'wats');

    expect(await untilDelivery(client, submissionId, 'delivered')).toMatchObject({ tries: 2 });
  });
});

describe('airlock queue hold, release and delete', () => {
  const shared = shareDaemon({ prepare: (home) => home.configure({}) });

  it('hold keeps one delivery back while others go, and release lets it go', async () => {
    const { home, client } = shared;
    await asJson(home, 'queue', 'pause');
    const [held, other] = [
      await submitText(client, canonicalReport('H-1')),
      await submitText(client, canonicalReport('H-2')),
    ];
    const { reportId } = await untilDelivery(client, held, 'ready');
    const id = `${reportId}@folder`;

    const hold = await asJson(home, 'queue', 'hold', id);
    await asJson(home, 'queue', 'resume');
    await untilDelivery(client, other, 'delivered');
    const drain = await asJson(home, 'queue', 'drain');
    const shown = await asJson(home, 'queue', 'show', id);
    const release = await asJson(home, 'queue', 'release', '--all');

    expect(hold.document).toMatchObject({ count: 1, dryRun: false, skipped: [] });
    expect([drain.exitCode, drain.document]).toMatchObject([2, { left: { submissions: {}, deliveries: { held: 1 } } }]);
    expect(shown.document).toMatchObject({ id, state: 'held', reason: 'held_by_person' });
    expect(release.document).toMatchObject({ count: 1 });
    await untilDelivery(client, held, 'delivered');
  });

  it('delete lets what waits go for good, told first by a dry run; a follower hears of it', async () => {
    const { home, client } = shared;
    await asJson(home, 'queue', 'pause');
    const submissionId = await submitText(client, canonicalReport('D-1'));
    const { reportId } = await untilDelivery(client, submissionId, 'ready');
    await using subscription = await client.subscribe(['report']);

    const dry = await asJson(home, 'queue', 'purge', 'ALL', '--dry-run');
    const before = (await client.call('queue/stats', {})).items;
    const real = await asJson(home, 'queue', 'purge', 'ALL');
    const after = await client.call('queue/stats', {});

    expect([dry.document, before]).toMatchObject([{ count: 1, dryRun: true }, 1]);
    expect([real.document, after]).toMatchObject([{ count: 1 }, { items: 0, bytes: { reports: 0 } }]);
    for await (const event of subscription) {
      expect(event).toMatchObject({ topic: 'report', data: { reportId, state: 'deleted' } });
      break;
    }
    await expect(client.call('report/get', { reportId })).rejects.toMatchObject({ code: 'not_found' });
    await asJson(home, 'queue', 'resume');
  });

  it('wants to be told what is meant, and admin to do it', async () => {
    const { home } = shared;
    const id = '00000000-0000-4000-8000-000000000000@folder';

    const nothing = await asJson(home, 'queue', 'delete');
    const unknown = await asJson(home, 'queue', 'hold', id);
    const shown = await asJson(home, 'queue', 'show', id);
    const submitKey = await asJson(home, 'queue', 'delete', '--all', '--key', 'submit');
    const purge = await home.airlock(['queue', 'purge', 'all']);

    expect([nothing, unknown, shown, submitKey].map(({ exitCode }) => exitCode)).toEqual([64, 1, 1, 77]);
    expect(unknown.document).toMatchObject({ count: 0, skipped: [{ id, reason: 'unknown' }] });
    expect(purge.exitCode).toBe(64);
  });
});

describe('airlock queue drain', () => {
  it('comes back once everything is delivered, and tells how far it is', async () => {
    await using sink = await startSink({ mode: REFUSED });
    await using home = await makeTestHome();
    await home.configure(watsAt(sink.url));
    await writeToken(home);
    await home.start();
    await using client = await home.connect('local');
    for (const n of [1, 2, 3]) await submitText(client, canonicalReport(`DR-${n}`));
    const told: string[] = [];

    const { left } = await client.call('queue/drain', {}, { onProgress: ({ kind }) => void told.push(kind) });

    expect(left).toEqual({ submissions: {}, deliveries: { dead: 3 } });
    expect([told.at(0), told.at(-1)]).toEqual(['begin', 'end']);
  });

  it('does not wait for what is bound for a destination that is held', async () => {
    await using sink = await startSink({ mode: { kind: 'status', status: 401, body: 'who are you' } });
    await using home = await makeTestHome();
    await home.configure(watsAt(sink.url));
    await writeToken(home);
    await home.start();
    await using client = await home.connect('local');
    await asJson(home, 'queue', 'pause');
    const count = 8;
    for (let n = 0; n < count; n += 1) await submitText(client, canonicalReport(`DH-${n}`));
    const ask = async () => (await client.call('queue/stats', {})).deliveries['ready'];
    await until(client, ask, (ready) => ready === count);
    await asJson(home, 'queue', 'resume');
    const state = async () => (await client.call('destination/list', {})).items[0]?.state;
    await until(client, state, (is) => is === 'held');

    const { left } = await client.call('queue/drain', {}, { deadlineMs: 5_000 });
    const { exitCode } = await asJson(home, 'queue', 'drain');

    const sum = Object.values(left.deliveries).reduce((total, one) => total + one, 0);
    expect({ exitCode, sum, submissions: left.submissions }).toEqual({ exitCode: 2, sum: count, submissions: {} });
  });

  it('asked for by rpc is ended by an interrupt, with 130', async () => {
    await using sink = await startSink({ mode: DOWN });
    await using home = await makeTestHome();
    await home.configure(watsAt(sink.url));
    await writeToken(home);
    const daemon = await home.start(['--set', 'observe.log.level=debug']);
    await using client = await home.connect('local');
    await submitText(client, canonicalReport('DR-5'));
    const entered = () => daemon.log().split('connection is authenticated').length;
    const before = entered();
    const child = spawn(process.execPath, [entry, '--home', home.home, 'rpc', 'queue/drain'], { stdio: 'ignore' });
    const exit = once(child, 'exit');
    await eventually(async () => entered() > before);

    child.kill('SIGINT');

    expect(await exit).toEqual([130, null]);
  });

  it('ends at its deadline while something goes on', async () => {
    await using sink = await startSink({ mode: DOWN });
    await using home = await makeTestHome();
    await home.configure(watsAt(sink.url));
    await writeToken(home);
    await home.start();
    await using client = await home.connect('local');
    await submitText(client, canonicalReport('DR-4'));

    const { exitCode } = await asJson(home, 'queue', 'drain', '--timeout', '300 ms');

    expect(exitCode).toBe(124);
  });
});

describe('airlock submission delete', () => {
  const shared = shareDaemon({ prepare: (home) => home.configure({}) });

  it('deletes a submission with its file and its reports, and is answered the same for the same key', async () => {
    const { home, client } = shared;
    const large = JSON.stringify({
      ...JSON.parse(canonicalReport('L-1')),
      extensions: { x: { pad: 'x'.repeat(11_000) } },
    });
    await asJson(home, 'queue', 'pause');
    const submissionId = await submitText(client, large.padEnd(131_000));
    const { reportId } = await untilDelivery(client, submissionId, 'ready');
    const idempotencyKey = '0198c2f0-0000-7000-8000-000000000001';
    const wanted = { ids: [submissionId], idempotencyKey };

    const first = await client.call('submission/delete', wanted);
    const second = await client.call('submission/delete', wanted);

    expect(first).toEqual({ count: 1, dryRun: false, skipped: [] });
    expect(second).toEqual(first);
    await expect(client.call('submission/get', { submissionId })).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.call('report/get', { reportId })).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.call('queue/delete', { all: true, idempotencyKey })).rejects.toMatchObject({
      code: 'conflict',
    });
    const payload = path.join(home.places.state, 'queue', 'payload');
    const files = existsSync(payload) ? readdirSync(payload, { recursive: true, withFileTypes: true }) : [];
    expect(files.filter((entry) => entry.isFile())).toEqual([]);
    await asJson(home, 'queue', 'resume');
  });

  it('with a key that may only submit reaches its own only', async () => {
    const { home, client } = shared;
    await using script = await home.connect('submit');
    const theirs = await submitText(client, canonicalReport('T-1'));
    const own = await submitText(script, canonicalReport('O-1'));
    await until(
      client,
      async () => (await client.call('queue/stats', {})).items,
      (items) => items === 0,
    );

    const result = await asJson(home, 'submission', 'delete', theirs, own, '--key', 'submit');

    expect(result).toMatchObject({ exitCode: 2, document: { count: 1, skipped: [{ id: theirs, reason: 'unknown' }] } });
    expect((await client.call('submission/get', { submissionId: theirs })).state).toBe('converted');
  });

  it('ends a wait for what is deleted', async () => {
    const { home, client } = shared;
    await asJson(home, 'queue', 'pause');
    const file = path.join(home.home, 'waited.json');
    const waiting = home.airlock(['submit', '-', '--name', 'waited.json', '--wait', '--json'], {
      stdin: canonicalReport(`W-${file.length}`),
    });
    const ask = async () => (await client.call('queue/list', { state: 'ready' })).items[0];
    const delivery = await until(client, ask, (item) => item !== undefined);

    await asJson(home, 'submission', 'delete', delivery?.submissionId ?? '');
    const { stdout, exitCode } = await waiting;

    expect(exitCode).toBe(65);
    expect(documents(stdout)).toMatchObject([{ state: 'failed', error: { code: 'not_found' } }]);
    await asJson(home, 'queue', 'resume');
  });
});
