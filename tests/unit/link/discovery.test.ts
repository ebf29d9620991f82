import { execFileSync } from 'node:child_process';
import { stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Discovery, readDiscovery, removeDiscovery, writeDiscovery } from '../../../src/link/discovery.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const discovery: Discovery = {
  endpoint: '/run/default.sock',
  instance: 'default',
  pid: 42,
  bootId: 'boot',
  startedAt: '2026-01-02T00:00:00.000Z',
  protocol: { min: 1, max: 1 },
  version: '0.1.0',
};

describe('readDiscovery()', () => {
  it('reads what writeDiscovery() wrote, in a private file', async () => {
    await using run = await makeTemporaryFolder();

    await writeDiscovery(run.path, discovery);

    expect(await readDiscovery(run.path, 'default')).toEqual(discovery);
    expect((await stat(join(run.path, 'default.json'))).mode & 0o777).toBe(0o600);
  });

  it('is null before the first start and after removal, which is harmless twice', async () => {
    await using run = await makeTemporaryFolder();
    const before = await readDiscovery(run.path, 'default');
    await writeDiscovery(run.path, discovery);

    await removeDiscovery(run.path, 'default');
    await removeDiscovery(run.path, 'default');

    expect([before, await readDiscovery(run.path, 'default')]).toEqual([null, null]);
  });

  it.skipIf(process.platform === 'win32')('refuses a FIFO and a link in its place at once', async () => {
    await using run = await makeTemporaryFolder();
    await writeDiscovery(run.path, { ...discovery, instance: 'other' });
    execFileSync('mkfifo', [join(run.path, 'default.json')]);
    await symlink(join(run.path, 'other.json'), join(run.path, 'linked.json'));

    await expect(readDiscovery(run.path, 'default')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(readDiscovery(run.path, 'linked')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    ['is not JSON', '{'],
    ['is no object', '[]'],
    ['lacks a field', JSON.stringify({ ...discovery, endpoint: undefined })],
    ['has a range without numbers', JSON.stringify({ ...discovery, protocol: { min: 'one' } })],
    ['is of another instance', JSON.stringify({ ...discovery, instance: 'other' })],
    ['is far too large', JSON.stringify({ ...discovery, version: 'x'.repeat(20_000) })],
  ])('refuses a file that %s', async (_, text) => {
    await using run = await makeTemporaryFolder();
    await writeFile(join(run.path, 'default.json'), text);

    await expect(readDiscovery(run.path, 'default')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
