// The bounds of the queue through the real program: bytes, free disk, and a daemon that is killed while a file arrives.

import { randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { documents, until } from '../support/e2e.ts';

const MIB = 1024 ** 2;

async function writeInput(home: TestHome, name: string, size: number): Promise<string> {
  const file = path.join(home.home, name);
  await writeFile(file, Buffer.alloc(size, name));
  return file;
}

async function listFiles(home: TestHome): Promise<readonly string[]> {
  const queue = path.join(home.places.state, 'queue');
  const entries = await Promise.all(
    ['incoming', 'payload'].map((folder) =>
      readdir(path.join(queue, folder), { recursive: true, withFileTypes: true }),
    ),
  );
  return entries.flat().flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

/** Bytes that arrive until they are let go. */
function heldUpload() {
  const { promise: letGo, resolve: finish } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(65_536);
    begin();
    await letGo;
  }
  return { begun, finish, source };
}

async function* oneMiB(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < 16; n += 1) yield Buffer.alloc(65_536);
}

/** One streamed file with two streamed companions. */
const family = () => ({
  params: {
    name: 'a.bin',
    stream: 1,
    companions: [
      { name: 'b.bin', stream: 3 },
      { name: 'c.bin', stream: 5 },
    ],
  },
  upload: new Map([1, 3, 5].map((stream) => [stream, oneMiB()])),
});

describe('the bounds of the queue', () => {
  it('by count: a file takes one place with all its companions, a conversion that is not kept none, and one over is refused', async () => {
    await using home = await makeTestHome();
    await home.start(['--set', 'queue.maxItems=2']);
    const clients = await Promise.all([home.connect(), home.connect(), home.connect()]);
    const [first, second, third] = clients;
    const submitFamily = () => {
      const { params, upload } = family();
      return third.call('report/submit', { ...params, idempotencyKey: randomUUID() }, { upload });
    };
    const hold = async (client: typeof first) => {
      const held = heldUpload();
      const params = { name: 'held.bin', stream: 1, idempotencyKey: randomUUID() };
      const end = client.call('report/submit', params, { upload: new Map([[1, held.source()]]) });
      await held.begun;
      return { end, finish: held.finish };
    };

    const one = await hold(first);
    expect(await submitFamily()).toMatchObject({ bytes: MIB, duplicate: false });
    const { items } = await until(
      third,
      () => third.call('queue/stats', {}),
      (stats) => stats.items === 0,
    );
    const two = await hold(second);
    const { params, upload } = family();
    const converted = await third.call('report/convert', params, { upload }).catch((error: unknown) => error);
    await expect(submitFamily()).rejects.toMatchObject({ code: 'queue_full', data: { reason: 'count' } });

    expect(items).toBe(0);
    expect(converted).not.toMatchObject({ code: 'queue_full' });
    one.finish();
    two.finish();
    expect(await Promise.all([one.end, two.end])).toMatchObject([{ duplicate: false }, { duplicate: false }]);
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  });

  it('by bytes: what never fits ends with 65, what does not fit now with 75, and both leave nothing', async () => {
    await using home = await makeTestHome();
    await home.start(['--set', 'queue.maxBytes=3 MiB']);
    const [first, second] = [await writeInput(home, 'a.bin', 2 * MIB), await writeInput(home, 'b.bin', 2 * MIB)];
    const huge = await writeInput(home, 'c.bin', 3 * MIB + 1);

    const ends = [];
    for (const file of [first, huge, second]) ends.push((await home.airlock(['submit', '--json', file])).exitCode);
    const { stdout } = await home.airlock(['queue', 'stats', '--json']);

    expect(ends).toEqual([0, 65, 75]);
    expect(documents(stdout)[0]).toMatchObject({
      bytes: { submissions: 2 * MIB, reserved: 0, max: 3 * MIB },
      refusals: { bytes: expect.any(Number) },
    });
    expect(await listFiles(home)).toHaveLength(1);
  });

  it('by free disk: nothing is taken in, and status and queue stats say why', async () => {
    await using home = await makeTestHome();
    await home.start(['--set', 'queue.minFreeDisk=90000 GiB']);
    const [small, large] = [await writeInput(home, 'a.bin', 10), await writeInput(home, 'b.bin', MIB)];

    const ends = [];
    for (const file of [small, large]) ends.push((await home.airlock(['submit', '--json', file])).exitCode);
    const stats = await home.airlock(['queue', 'stats']);
    const status = await home.airlock(['status', '--json']);

    expect(ends).toEqual([75, 75]);
    expect(stats.stdout).toMatch(/disk {2}.* free; nothing is taken in below 90000 GiB; ballast spent/);
    expect(documents(status.stdout)[0]).toMatchObject({ state: 'degraded', reasons: [{ code: 'disk_low' }] });
  });

  it('kill -9 of the daemon while a file arrives leaves nothing, and its room is free', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    const client = await home.connect();
    async function* killHalfWay(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 32; n += 1) yield Buffer.alloc(65_536);
      await daemon.end('SIGKILL');
      yield Buffer.alloc(65_536);
    }

    const params = { name: 'a.bin', stream: 1, idempotencyKey: randomUUID() };
    const call = client.call('report/submit', params, { upload: new Map([[1, killHalfWay()]]) });
    await expect(call).rejects.toThrow();
    await client[Symbol.asyncDispose]();
    const between = await listFiles(home);
    await home.start();
    const { stdout } = await home.airlock(['queue', 'stats', '--json']);

    expect(between).toHaveLength(1);
    expect(await listFiles(home)).toEqual([]);
    expect(documents(stdout)[0]).toMatchObject({ items: 0, bytes: { submissions: 0, reserved: 0 } });
  });
});
