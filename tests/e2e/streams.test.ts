// Files of every size through the real daemon: taken whole, or not at all.

import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/client/connect.ts';
import { canonicalReport, documents, submitText, until, watsAt, writeToken } from '../support/e2e.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const MIB = 1024 ** 2;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** So many bytes that are no two times the same piece. */
function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let offset = 0; offset + 4 <= size; offset += 4) bytes.writeUInt32LE((offset * 2_654_435_761) >>> 0, offset);
  return bytes;
}

async function* pieces(bytes: Buffer, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

/** Files of bodies that arrive or have arrived. */
async function bodyFiles(home: TestHome): Promise<readonly string[]> {
  const queue = path.join(home.places.state, 'queue');
  const entries = await Promise.all(
    ['incoming', 'payload'].map((folder) =>
      readdir(path.join(queue, folder), { recursive: true, withFileTypes: true }),
    ),
  );
  return entries.flat().flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

/** Wait until nothing of a broken upload lies there, asked again at each answer of the daemon. */
async function untilNothingLies(home: TestHome, client: Client): Promise<void> {
  for (let asked = 0; asked < 2000 && (await bodyFiles(home)).length > 0; asked += 1) await client.call('ping', {});
  expect(await bodyFiles(home)).toEqual([]);
}

function upload(client: Client, source: AsyncIterable<Uint8Array>, more: Record<string, unknown> = {}) {
  const params = { name: 'a.bin', stream: 1, idempotencyKey: randomUUID(), ...more };
  return client.call('report/submit', params, { upload: new Map([[1, source]]), deadlineMs: 60_000 });
}

const shared = shareDaemon();

describe('airlock submit', () => {
  it('takes files of 0 bytes to 50 MiB, each with its own bytes', async () => {
    const { home } = shared;
    const sizes = [0, 1, 131_072, 131_073, 5 * MIB, 50 * MIB];
    const files = sizes.map((size) => ({ file: path.join(home.home, `${size}.bin`), bytes: bytesOf(size) }));
    for (const { file, bytes } of files) await writeFile(file, bytes);

    const { exitCode, stdout } = await home.airlock(['submit', '--json', ...files.map(({ file }) => file)]);

    const lines = documents(stdout);
    await using client = await home.connect();
    const submissionIds = lines.map(({ submissionId }) => String(submissionId));
    const { items } = await client.call('submission/getMany', { submissionIds });
    expect(exitCode).toBe(0);
    expect(items.map((item) => [item.bytes, item.sha256])).toEqual(
      files.map(({ bytes }) => [bytes.length, sha256(bytes)]),
    );
  });

  it('takes what standard input streams, and companions with one file only', async () => {
    const { home } = shared;
    const bytes = bytesOf(3 * MIB);
    const companion = path.join(home.home, 'curve.bin');
    await writeFile(companion, bytesOf(MIB));

    const piped = await home.airlock(['submit', '-', '--json', '--companion', companion], { stdin: bytes });
    const two = await home.airlock(['submit', companion, companion, '--json', '--companion', companion]);

    expect(piped.exitCode).toBe(0);
    expect(two.exitCode).toBe(64);
    await using client = await home.connect();
    const submissionId = String(documents(piped.stdout)[0]?.['submissionId']);
    expect(await client.call('submission/get', { submissionId })).toMatchObject({ sha256: sha256(bytes) });
  });
});

describe('a streamed submission', () => {
  const small = shareDaemon({ argv: ['--set', 'sandbox.limits.input=8 MiB'] });

  it('that is cancelled, broken off, cut or not what was announced leaves nothing', async () => {
    const { home, client } = small;
    const bytes = bytesOf(2 * MIB);
    const half = bytes.subarray(0, MIB);

    // Cancelled half-way.
    const aborter = new AbortController();
    async function* abortHalfWay(): AsyncGenerator<Uint8Array> {
      yield half;
      aborter.abort(new Error('enough'));
      yield half;
    }
    const cancelled = client.call(
      'report/submit',
      { name: 'a.bin', stream: 1, idempotencyKey: randomUUID() },
      { upload: new Map([[1, abortHalfWay()]]), signal: aborter.signal },
    );
    await expect(cancelled).rejects.toThrow('enough');
    // Broken off by a source that fails.
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield half;
      throw new Error('the disk is gone');
    }
    await expect(upload(client, failing())).rejects.toThrow('the disk is gone');
    // Not what was announced: too few, too many, other bytes; and more than is ever taken.
    const failures = await Promise.all(
      [
        upload(client, pieces(bytes), { size: bytes.length + 1 }),
        upload(client, pieces(bytes), { size: bytes.length - 1 }),
        upload(client, pieces(bytes), { sha256: sha256(half) }),
        upload(client, pieces(bytesOf(9 * MIB))),
        upload(client, pieces(bytes), { size: 9 * MIB }),
      ].map((one) => one.catch((error: unknown) => error)),
    );
    expect(failures).toMatchObject([
      { code: 'request_failed', data: { reason: 'size_mismatch' } },
      { code: 'request_failed', data: { reason: 'size_mismatch' } },
      { code: 'request_failed', data: { reason: 'sha256_mismatch' } },
      { code: 'too_large', data: { limit: 8 * MIB } },
      { code: 'too_large', data: { limit: 8 * MIB } },
    ]);
    // Cut in the middle.
    const gone = await home.connect();
    const granted = Promise.withResolvers<void>();
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield half;
      granted.resolve();
      await new Promise(() => undefined);
    }
    const cut = upload(gone, hanging()).catch((error: unknown) => error);
    await granted.promise;
    await gone[Symbol.asyncDispose]();
    expect(await cut).toMatchObject({ code: 'cancelled' });

    await untilNothingLies(home, client);
    expect((await client.call('submission/list', {})).items).toEqual([]);
    expect(await upload(client, pieces(bytes), { size: bytes.length, sha256: sha256(bytes) })).toMatchObject({
      sha256: sha256(bytes),
      duplicate: false,
    });
  });

  it('of a client that is killed half-way leaves nothing, and may be sent again under its key', async () => {
    await using home = await makeTestHome();
    await home.start();
    await using client = await home.connect();
    const bytes = bytesOf(MIB);
    const idempotencyKey = randomUUID();
    const program = `
      import { connect } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/client/connect.ts'))};
      const client = await connect({ home: ${JSON.stringify(home.home)}, env: {} });
      async function* half() {
        yield Buffer.alloc(600_000);
        process.stdout.write('half');
        await new Promise((resolve) => setTimeout(resolve, 600_000));
      }
      await client.call('report/submit', { name: 'a.bin', stream: 1, idempotencyKey: '${idempotencyKey}' },
        { upload: new Map([[1, half()]]) });`;
    const file = path.join(home.home, 'half.mts');
    await writeFile(file, program);
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');

    await untilNothingLies(home, client);
    expect(await upload(client, pieces(bytes), { idempotencyKey })).toMatchObject({ duplicate: false });
    expect(await upload(client, pieces(bytes), { idempotencyKey })).toMatchObject({ duplicate: true });
  });

  it('of 50 MiB adds little memory to the daemon and lets others have their turns', async () => {
    const { home, daemon, client } = shared;
    await using other = await home.connect();
    const bytes = bytesOf(50 * MIB);
    const rss = async (): Promise<number> => {
      const status = await readFile(`/proc/${daemon.child.pid}/status`, 'utf8').catch(() => 'VmRSS: 0 kB');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    };
    const before = await rss();
    const state = { isOver: false };
    let peak = 0;
    let answered = 0;

    const sending = upload(client, pieces(bytes), { size: bytes.length }).finally(() => (state.isOver = true));
    while (!state.isOver) {
      await other.call('ping', {});
      answered += 1;
      peak = Math.max(peak, await rss());
    }

    expect(await sending).toMatchObject({ sha256: sha256(bytes) });
    expect(peak - before).toBeLessThan(120);
    // In turns and not one after the other, however fast the machine is: 800 pieces, each a turn.
    expect(answered).toBeGreaterThan(20);
  });
});

describe('a large report', () => {
  it('comes back whole, to the client library and to airlock rpc', async () => {
    await using home = await makeTestHome();
    // Nobody answers there, so the report stays: a delivered one keeps no body.
    await home.configure(watsAt('http://127.0.0.1:1'));
    await writeToken(home);
    await home.start();
    await using client = await home.connect();
    const report = JSON.parse(canonicalReport());
    const steps = Array.from({ length: 2000 }, (_none, index) => ({
      name: `Step ${index} ${'x'.repeat(100)}`,
      kind: 'action',
      outcome: 'passed',
    }));
    const text = JSON.stringify({ ...report, root: { ...report.root, steps } });
    const source = pieces(Buffer.from(text));
    const { submissionId } = await upload(client, source, { name: 'report.json' });
    const submission = await until(
      client,
      () => client.call('submission/get', { submissionId }),
      ({ reports }) => reports.length > 0,
    );
    const reportId = submission.reports[0]?.id ?? '';

    const shown = await client.call('report/get', { reportId });
    const printed = await home.airlock(['rpc', 'report/get', JSON.stringify({ reportId })]);

    expect(JSON.stringify(shown).length).toBeGreaterThan(262_144);
    expect(JSON.parse(printed.stdout).report).toEqual(shown.report);
    // The file as it came, and the report: neither lies in the database.
    expect(await bodyFiles(home)).toHaveLength(2);
  });
});

describe('the rate limit', () => {
  it('is kept by the client library, which waits for its turns', async () => {
    await using home = await makeTestHome();
    await home.start(['--set', 'ipc.rate.calls.perMinute=600', '--set', 'ipc.rate.calls.burst=2']);
    await using client = await home.connect();
    await using sameKey = await home.connect();

    const started = performance.now();
    const both = [client, sameKey].map((one) =>
      Promise.all(Array.from({ length: 10 }, () => one.call('queue/stats', {}))),
    );
    await Promise.all(both);

    // Twenty calls, two at once, then one each 100 ms.
    expect(performance.now() - started).toBeGreaterThan(1700);
    expect(await submitText(client, canonicalReport())).toMatch(/^[0-9a-f-]{36}$/);
  });
});
