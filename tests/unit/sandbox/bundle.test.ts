import { appendFile, copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildSealed } from '../../../scripts/bundle.ts';
import { bundleManifestSchema, openBundle } from '../../../src/sandbox/bundle.ts';
import { ROOT } from '../../support/sandbox.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const guestEntry = 'tests/support/guest-stand-in.ts';
const UNAVAILABLE = { code: 'unavailable', message: expect.stringContaining('npm run bundle') };

describe('sealed bundle', () => {
  it('is the same bytes every time it is built', async () => {
    await using one = await makeTemporaryFolder();
    await using other = await makeTemporaryFolder();
    await buildSealed({ root: ROOT, folder: one.path, guestEntry });
    await buildSealed({ root: ROOT, folder: other.path, guestEntry });

    for (const name of ['runner.cjs', 'guest.js', 'converters.json', 'manifest.json'])
      expect(await readFile(path.join(one.path, name))).toEqual(await readFile(path.join(other.path, name)));
  });

  it('opens when it is whole and not older than its sources', async () => {
    await using folder = await makeTemporaryFolder();
    await buildSealed({ root: ROOT, folder: folder.path, guestEntry });

    expect(await openBundle({ folder: folder.path, root: ROOT })).toEqual({
      runnerPath: path.join(folder.path, 'runner.cjs'),
      guest: expect.stringContaining('__airlockGuest'),
      converters: expect.stringContaining('"wats-wsjf"'),
    });
  });

  it.each(['runner.cjs', 'guest.js', 'converters.json', 'manifest.json'])(
    'does not open without its %s',
    async (name) => {
      await using folder = await makeTemporaryFolder();
      await buildSealed({ root: ROOT, folder: folder.path, guestEntry });
      await rm(path.join(folder.path, name));

      await expect(openBundle({ folder: folder.path, root: ROOT })).rejects.toMatchObject(UNAVAILABLE);
    },
  );

  it.each(['runner.cjs', 'guest.js', 'converters.json'])('does not open when its %s was changed', async (name) => {
    await using folder = await makeTemporaryFolder();
    await buildSealed({ root: ROOT, folder: folder.path, guestEntry });
    await appendFile(path.join(folder.path, name), '\n');

    await expect(openBundle({ folder: folder.path, root: ROOT })).rejects.toMatchObject(UNAVAILABLE);
  });

  it.each([guestEntry, 'src/gate/check.ts', 'converters/wats-wsjf/converter.json', 'converters/wats-wsjf/words.ts'])(
    'does not open when %s changed, and opens where there are no sources',
    async (changed) => {
      await using folder = await makeTemporaryFolder();
      await using root = await makeTemporaryFolder();
      await buildSealed({ root: ROOT, folder: folder.path, guestEntry });
      expect(await openBundle({ folder: folder.path, root: root.path })).toHaveProperty('guest');
      const text = await readFile(path.join(folder.path, 'manifest.json'), 'utf8');
      for (const source of bundleManifestSchema.parse(JSON.parse(text)).sources) {
        await mkdir(path.join(root.path, path.dirname(source)), { recursive: true });
        await copyFile(path.join(ROOT, source), path.join(root.path, source));
      }
      expect(await openBundle({ folder: folder.path, root: root.path })).toHaveProperty('guest');

      await appendFile(path.join(root.path, changed), '\n');

      await expect(openBundle({ folder: folder.path, root: root.path })).rejects.toMatchObject(UNAVAILABLE);
    },
  );
});
