import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AirlockError } from '../../src/core/errors.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, documents, submitText, until, watsAt, writeToken } from '../support/e2e.ts';
import { rounds } from '../support/long-tests.ts';
import { startSink } from '../support/sink/client.ts';

const KILLS = rounds({ usual: 3, long: 20 });
const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

async function stopClean(home: TestHome): Promise<void> {
  const daemon = await home.start();
  await using client = await home.connect();
  const submissionId = await submitText(client, canonicalReport());
  await until(
    client,
    () => client.call('submission/get', { submissionId }),
    ({ reports }) => reports[0]?.state === 'delivered',
  );
  await daemon.end('SIGTERM');
}

type Submitter = { readonly home: TestHome; readonly kid: string; readonly acknowledged: Set<string> };

/** Submit each report twice under one key; rejects when the connection is lost. */
async function submitOnOneConnection(signal: AbortSignal, { home, kid, acknowledged }: Submitter): Promise<void> {
  await using client = await home.connect(kid);
  while (!signal.aborted) {
    const params = { name: 'a.json', content: canonicalReport(randomUUID()), idempotencyKey: randomUUID() };
    const { submissionId } = await client.call('report/submit', params);
    acknowledged.add(submissionId);
    expect(await client.call('report/submit', params)).toMatchObject({ submissionId, duplicate: true });
  }
}

async function submitUntil(signal: AbortSignal, submitter: Submitter): Promise<void> {
  while (!signal.aborted) {
    try {
      await submitOnOneConnection(signal, submitter);
    } catch (error) {
      // Expected: the daemon was killed under the call, or is not there yet; the system tells nobody when it is.
      if (!(error instanceof AirlockError)) throw error;
      await delay(20);
    }
  }
}

describe('kill -9 again and again under four submitters', () => {
  it('loses nothing that was acknowledged, and every try of a report carries the same id', async () => {
    await using sink = await startSink();
    await using home = await makeTestHome();
    await home.configure(watsAt(sink.url));
    await writeToken(home);
    const acknowledged = new Set<string>();
    const over = new AbortController();
    let daemon = await home.start();
    const submitters = ['local', 'submit', 'local', 'submit'].map((kid) =>
      submitUntil(over.signal, { home, kid, acknowledged }),
    );
    for (let kill = 0; kill < KILLS; kill += 1) {
      const aim = acknowledged.size + 5 + 3 * kill;
      while (acknowledged.size < aim) await delay(5);
      await daemon.end('SIGKILL');
      daemon = await home.start();
    }
    over.abort();
    await Promise.all(submitters);
    const drained = await home.airlock(['wait', '--drained', '--timeout', '100 s', '--json']);
    await using client = await home.connect();
    const reports = new Set<string>();
    for (const submissionId of acknowledged) {
      const submission = await client.call('submission/get', { submissionId });
      expect(submission.reports.map(({ state }) => state)).toEqual(['delivered']);
      for (const { id } of submission.reports) reports.add(id);
    }
    const received = new Set((await sink.requests()).map(({ reportId }) => reportId ?? ''));

    expect(drained.exitCode).toBe(0);
    expect(reports.size).toBe(acknowledged.size);
    expect(reports.isSubsetOf(received)).toBe(true);
    expect(received.size).toBe((await client.call('queue/stats', {})).submissions['converted']);
  });
});

describe('three daemons started at the same moment on an empty home', () => {
  it('leave exactly one, and the others say who it is', async () => {
    await using home = await makeTestHome();
    rmSync(home.home, { recursive: true });
    await using stack = new AsyncDisposableStack();
    const starters = [1, 2, 3].map(() => {
      const child = spawn(process.execPath, [entry, '--home', home.home, 'run', '--json'], { stdio: 'pipe' });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.resume();
      const closed = once(child, 'close');
      stack.defer(async () => void (child.kill('SIGKILL') && (await closed)));
      return { child, closed, stdout: () => stdout };
    });

    await Promise.any(
      starters
        .map(async (one) => starters.filter((other) => other !== one))
        .map(async (pair) => {
          await Promise.all((await pair).map(({ closed }) => closed));
        }),
    );
    const losers = starters.filter(({ child }) => child.exitCode !== null);
    const ready = await home.airlock(['wait', '--ready', '--timeout', '100 s']);

    expect(ready.exitCode).toBe(0);
    expect(losers.map(({ child }) => child.exitCode)).toEqual([73, 73]);
    for (const { stdout } of losers) {
      expect(documents(stdout())[0]).toMatchObject({ error: { code: 'already_running' } });
    }
  });
});

describe('a database that is gone', () => {
  it('or empty after a clean stop ends the start instead of an empty store', async () => {
    await using home = await makeTestHome();
    await stopClean(home);
    const file = path.join(home.places.state, 'queue', 'queue.db');
    const harms: readonly (() => void)[] = [() => truncateSync(file, 0), () => rmSync(file)];

    for (const harm of harms) {
      harm();
      const { exitCode, stdout } = await home.airlock(['run', '--json']);

      expect(exitCode).not.toBe(0);
      expect(documents(stdout)[0]).toMatchObject({
        error: { code: 'unavailable', message: expect.stringContaining('its database is missing or empty') },
      });
    }
  });
});

describe('a first start that was killed', () => {
  it('starts when only the folder, the format and an empty database are there', async () => {
    await using home = await makeTestHome();
    const first = await home.start();
    await first.end('SIGKILL');
    const queue = path.join(home.places.state, 'queue');
    // What a kill between the first file and the first table leaves.
    for (const name of ['IN_USE', 'queue.db-wal', 'queue.db-shm']) rmSync(path.join(queue, name), { force: true });
    truncateSync(path.join(queue, 'queue.db'), 0);

    await home.start();

    expect(readFileSync(path.join(queue, 'FORMAT'), 'utf8')).toContain('airlock-queue');
    expect(existsSync(path.join(queue, 'IN_USE'))).toBe(true);
  });
});

describe.skipIf(process.platform !== 'linux')('a limit on the size of files', () => {
  it('is an error of the call and not the death of the daemon, and nothing acknowledged is lost', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    const limited = spawn('prlimit', ['--pid', String(daemon.child.pid), '--fsize=300000']);
    await once(limited, 'close');
    const taken: string[] = [];
    let refused: unknown = null;
    {
      await using client = await home.connect();
      for (let index = 0; index < 200 && refused === null; index += 1) {
        try {
          taken.push(await submitText(client, canonicalReport(`SN-${index}`) + ' '.repeat(20_000)));
        } catch (error) {
          refused = error;
        }
      }
    }

    expect(refused).toMatchObject({ code: 'queue_full' });
    expect(daemon.child.exitCode ?? daemon.child.signalCode).toBe(null);
    await daemon.end('SIGKILL');
    await home.start();
    await home.airlock(['wait', '--drained', '--timeout', '100 s']);
    await using client = await home.connect();
    for (const submissionId of taken) {
      expect((await client.call('submission/get', { submissionId })).reports[0]?.state).toBe('delivered');
    }
  });
});
