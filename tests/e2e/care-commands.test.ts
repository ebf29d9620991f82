import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/client/connect.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, documents, submitText, untilDelivery } from '../support/e2e.ts';
import { connectRaw } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

const endpointOf = (home: TestHome): string =>
  JSON.parse(readFileSync(path.join(home.places.run, 'default.json'), 'utf8')).endpoint;
const keyOf = (home: TestHome, kid: string): string =>
  JSON.parse(readFileSync(path.join(home.places.keys, `${kid}.json`), 'utf8')).key;

const asJson = async (home: TestHome, ...argv: readonly string[]) => {
  const { stdout, exitCode } = await home.airlock([...argv, '--json']);
  return { exitCode, document: documents(stdout)[0] };
};

/** Until another run of the daemon answers; nobody tells when it does. */
async function untilRestarted(home: TestHome, bootId: string): Promise<Client> {
  for (;;) {
    try {
      const client = await home.connect('local');
      if (client.server.bootId !== bootId) return client;
      await client.closed;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

describe('airlock health', () => {
  const shared = shareDaemon();

  it('is ready while the daemon works, and says what needs a person', async () => {
    const { home } = shared;
    const healthy = await asJson(home, 'health');
    await asJson(home, 'queue', 'pause');

    const degraded = await asJson(home, 'health', '--ready');
    await asJson(home, 'queue', 'resume');

    expect(healthy).toMatchObject({ exitCode: 0, document: { live: true, ready: true, degraded: false, reasons: [] } });
    expect(degraded).toMatchObject({ exitCode: 0, document: { ready: true, degraded: true, state: 'degraded' } });
    expect(degraded.document?.['reasons']).toMatchObject([{ code: 'queue_paused' }]);
  });

  it('without a daemon is neither live nor ready', async () => {
    await using home = await makeTestHome();

    const ends = [await asJson(home, 'health'), await asJson(home, 'health', '--live')];

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([1, 1]);
    expect(ends[0]?.document).toMatchObject({ live: false, ready: false, state: 'not_running' });
  });
});

describe('airlock log-level', () => {
  it('changes what is logged, of every part, until the time is over', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start(['--set', 'observe.log.level=warn']);

    await using client = await home.connect('local');
    const set = await asJson(home, 'log-level', 'info', '--for', '5 s');
    // Not by a command: on a busy machine the start of one takes longer than the time.
    await client.call('queue/resume', {});
    const loud = daemon.log();
    while (!daemon.log().includes('the level of the log is back'))
      await new Promise((resolve) => setTimeout(resolve, 50));
    await client.call('queue/resume', {});

    const said = (log: string) => log.split('uploads go on').length - 1;
    expect(set.document).toMatchObject({ level: 'info', returnsTo: 'warn' });
    expect([said(loud), said(daemon.log())]).toEqual([1, 1]);
  });

  it('wants a level and a time that it knows', async () => {
    await using home = await makeTestHome();

    const ends = await Promise.all([
      home.airlock(['log-level', 'loud']),
      home.airlock(['log-level', 'info', '--for', '1']),
    ]);

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([64, 64]);
  });
});

describe('admin/restart', () => {
  it('begins anew in the same process, with what was set for the run, and goes on with what waits', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start(['--set', 'queue.maxItems=77']);
    await using before = await home.connect('local');
    const { bootId } = before.server;
    await before.call('queue/pause', {});
    const submissionId = await submitText(before, canonicalReport('RESTART-1'));
    await untilDelivery(before, submissionId, 'ready');

    const answer = await before.call('admin/restart', { graceMs: 1_000 });
    await using after = await untilRestarted(home, bootId);
    const status = await after.call('status/get', {});
    await after.call('queue/resume', {});
    await untilDelivery(after, submissionId, 'delivered');
    const end = await daemon.end('SIGTERM');

    expect(answer).toEqual({ pid: daemon.child.pid, graceMs: 1_000, by: 'itself' });
    expect(status).toMatchObject({ pid: daemon.child.pid, queue: { maxItems: 77 } });
    expect(end).toEqual({ code: 0, signal: null });
  });

  it.skipIf(process.platform === 'win32')(
    'under a launcher asks it by its exit code to start another process',
    async () => {
      await using home = await makeTestHome();
      const child = spawn(process.execPath, [entry, '--home', home.home, 'run'], {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
        env: { PATH: process.env['PATH'] ?? '', AIRLOCK_LAUNCHER: '1' },
      });
      await using stack = new AsyncDisposableStack();
      const exit = once(child, 'exit');
      stack.defer(async () => void (child.kill('SIGKILL') && (await exit)));
      await home.airlock(['wait', '--ready']);
      await using client = await home.connect('local');

      const answer = await client.call('admin/restart', {});

      expect([answer.by, await exit]).toEqual(['launcher', [86, null]]);
    },
  );

  it.each(['admin/shutdown', 'SIGTERM'])('is called off by %s while it drains', async (end) => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    const endpoint = endpointOf(home);
    await using raw = await connectRaw(endpoint);
    await raw.login({ kid: 'local', key: keyOf(home, 'local'), endpoint, instance: 'default' }, ['streams']);
    // A stream that never comes: the drain waits for it.
    raw.begin('open', 'report/submit', { name: 'a.json', stream: 1, idempotencyKey: randomUUID() });
    await raw.notification('$/credit');
    await raw.call('admin/restart', { graceMs: 1_500 });

    if (end === 'SIGTERM') daemon.child.kill('SIGTERM');
    else await raw.call('admin/shutdown', {});

    expect(await daemon.ended).toEqual({ code: 0, signal: null });
  });

  it('is refused once the daemon was asked to stop for good', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    const endpoint = endpointOf(home);
    await using raw = await connectRaw(endpoint);
    await raw.login({ kid: 'local', key: keyOf(home, 'local'), endpoint, instance: 'default' }, ['streams']);
    raw.begin('open', 'report/submit', { name: 'a.json', stream: 1, idempotencyKey: randomUUID() });
    await raw.notification('$/credit');
    await raw.call('admin/shutdown', { graceMs: 1_500 });

    const { error } = await raw.call('admin/restart', {});

    expect(error).toMatchObject({ code: -32050, data: { retryAfterMs: 1_000 } });
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
  });

  it('is refused while the configuration on the disk has errors', async () => {
    await using home = await makeTestHome();
    await home.start();
    writeFileSync(home.places.configFile, '{ "queue": { "maxItems": "many" } }', { mode: 0o600 });
    await using client = await home.connect('local');

    await expect(client.call('admin/restart', {})).rejects.toMatchObject({
      code: 'request_failed',
      data: { reason: 'config_invalid' },
    });
    expect((await client.call('ping', {})).bootId).toBe(client.server.bootId);
  });
});

describe('airlock queue shape, verify and compact', () => {
  const shared = shareDaemon();

  it('show what waits, that it is whole, and give room back', async () => {
    const { home, client } = shared;
    await asJson(home, 'queue', 'pause');
    const submissionId = await submitText(client, canonicalReport('CARE-1'));
    await untilDelivery(client, submissionId, 'ready');

    const shape = await home.airlock(['queue', 'shape']);
    const verify = await asJson(home, 'queue', 'verify');
    const compact = await asJson(home, 'queue', 'compact');
    await asJson(home, 'queue', 'resume');

    expect(shape.stdout).toMatch(/^1 delivery ready for folder \(paused\), the oldest for .+\n {2}up to 1 min: 1\n$/);
    expect(verify).toMatchObject({ exitCode: 0, document: { checked: 2, damagedCount: 0, damaged: [] } });
    expect(compact).toMatchObject({ exitCode: 0, document: { freedBytes: expect.any(Number) } });
  });

  it('run one at a time: a second one is told what runs', async () => {
    const { client } = shared;

    const ends = await Promise.allSettled([client.call('queue/verify', {}), client.call('queue/verify', {})]);
    const after = await client.call('queue/verify', {});

    expect(ends).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'busy', data: { reason: 'queue/verify' } } },
    ]);
    expect(after.damagedCount).toBe(0);
  });

  it('verify names a file whose bytes were changed, and tells how far it is', async () => {
    const { home, client } = shared;
    const text = canonicalReport('CARE-2').padEnd(200_000);
    const { stdout } = await home.airlock(['submit', '-', '--name', 'large.json', '--json'], { stdin: text });
    const submissionId = String(documents(stdout)[0]?.['submissionId']);
    await untilDelivery(client, submissionId, 'delivered');
    const payload = path.join(home.places.state, 'queue', 'payload');
    const [file] = readdirSync(payload, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    writeFileSync(path.join(file?.parentPath ?? '', file?.name ?? ''), `x${text.slice(1)}`);
    const told: string[] = [];

    await client.call('queue/verify', {}, { onProgress: ({ kind }) => void told.push(kind) });
    const { exitCode, document } = await asJson(home, 'queue', 'verify');

    expect([exitCode, document]).toMatchObject([
      1,
      { damagedCount: 1, damaged: [{ kind: 'submission', id: submissionId, problem: 'mismatch' }] },
    ]);
    expect([told[0], told.at(-1)]).toEqual(['begin', 'end']);
  });
});

describe('airlock report resend', () => {
  it('sends delivered reports to a destination that is new, converted again from their files', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    await using first = await home.connect('local');
    const submissionId = await submitText(first, canonicalReport('RESEND-1'));
    const { reportId } = await untilDelivery(first, submissionId, 'delivered');
    await daemon.end('SIGTERM');
    const folder = path.join(home.home, 'second');
    await home.configure({
      destinations: { folder: { type: 'directory', path: 'delivered' }, second: { type: 'directory', path: 'second' } },
    });
    await home.start();
    await using client = await home.connect('local');
    const since = '2026-01-01T00:00:00Z';

    const nowhere = await asJson(home, 'report', 'resend', '--destination', 'nowhere', '--since', since);
    const dry = await asJson(home, 'report', 'resend', '--destination', 'second', '--since', since, '--dry-run');
    const real = await asJson(home, 'report', 'resend', '--destination', 'second', '--since', since);
    const drained = await asJson(home, 'queue', 'drain');
    const report = await client.call('report/get', { reportId });

    expect(nowhere.document).toMatchObject({ error: { code: 'not_found' } });
    expect([dry.document, real.document]).toMatchObject([
      { count: 0, converting: 1, dryRun: true },
      { count: 0, converting: 1, dryRun: false },
    ]);
    expect(drained).toMatchObject({ exitCode: 0, document: { left: { submissions: {}, deliveries: {} } } });
    expect(report).toMatchObject({
      revision: 1,
      deliveries: [
        { destination: 'folder', state: 'delivered', tries: 1 },
        { destination: 'second', state: 'delivered', tries: 1 },
      ],
    });
    expect(readdirSync(folder, { recursive: true }).map(String)).toContainEqual(expect.stringContaining(reportId));
  });

  it('wants a time with a zone', async () => {
    await using home = await makeTestHome();
    await home.start();

    const { exitCode } = await asJson(home, 'report', 'resend', '--destination', 'folder', '--since', 'yesterday');

    expect(exitCode).toBe(64);
  });
});
