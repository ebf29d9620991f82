// The bounds of the queue through the real program: bytes, free disk, and a daemon that is killed while a file arrives.

import { randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { documents } from '../support/e2e.ts';

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

describe('the bounds of the queue', () => {
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
