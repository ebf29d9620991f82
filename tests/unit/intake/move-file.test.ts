import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, link, mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { moveFile } from '../../../src/intake/move-file.ts';
import { openActionFile } from '../../../src/intake/post-action-file.ts';
import type { PostAction } from '../../../src/store/types.ts';
import { hash } from '../../../src/store/hash.ts';
import { allNamesIn } from '../../support/intake.ts';
import { actionFor, openOurs, TEXT } from '../../support/post-action.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const { signal } = new AbortController();
const log = silentLogger;

async function move(root: string, action: PostAction, record: string | null = null): Promise<string> {
  await using ours = await openOurs(root, action);
  return await moveFile(ours, { root, target: join(root, 'Done'), action, record }, { signal, log });
}

/** Put something odd at a path. */
async function makeInPlace(path: string, what: string): Promise<AsyncDisposable> {
  if (what === 'a FIFO') execFileSync('mkfifo', [path]);
  if (what === 'a folder') await mkdir(path);
  if (what === 'a file of 3 GiB') {
    await writeFile(path, '');
    await truncate(path, 3 * 1024 ** 3);
  }
  if (what === 'a link to the same text') {
    await writeFile(`${path}.elsewhere`, 'why\n');
    await symlink(`${path}.elsewhere`, path);
  }
  const server = what === 'a socket' ? createServer().listen(path) : null;
  if (server !== null) await once(server, 'listening');
  return { [Symbol.asyncDispose]: async () => void server?.close() };
}

describe('openActionFile()', () => {
  it('gives the file only while size, time, inode and content are those that were taken', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), TEXT);
    const action = await actionFor(folder.path, 'a');

    await using _same = await openOurs(folder.path, action);
    const otherHash = await openActionFile(folder.path, { ...action, sha256: hash('x') }, { signal });
    await appendFile(join(folder.path, 'a'), '!');
    const changed = await openActionFile(folder.path, action, { signal });
    await rename(join(folder.path, 'a'), join(folder.path, 'b'));
    const gone = await openActionFile(folder.path, action, { signal });
    await symlink('b', join(folder.path, 'a'));
    const linked = await openActionFile(folder.path, action, { signal });

    expect([otherHash, changed, gone, linked].map(({ kind }) => kind)).toEqual(['other', 'other', 'other', 'other']);
  });
});

describe('moveFile()', () => {
  it('keeps the folders that the file lay in', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'line'));
    await writeFile(join(folder.path, 'line', 'a.csv'), TEXT);

    const name = await move(folder.path, await actionFor(folder.path, 'line/a.csv'));

    expect(name).toBe('a.csv');
    expect(await readFile(join(folder.path, 'Done', 'line', 'a.csv'), 'utf8')).toBe(TEXT);
    expect(await allNamesIn(join(folder.path, 'line'))).toEqual([]);
  });

  it('never overwrites: time and id go into the name', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'Done'));
    await writeFile(join(folder.path, 'Done', 'a.csv'), 'older');
    await writeFile(join(folder.path, 'a.csv'), TEXT);

    const name = await move(folder.path, await actionFor(folder.path, 'a.csv'));

    expect(name).toBe('a.20261121T123005Z-deadbeef.csv');
    expect(await readFile(join(folder.path, 'Done', 'a.csv'), 'utf8')).toBe('older');
  });

  it.each([
    [243, 243],
    [244, 244],
    [245, 244],
  ])(
    'gives a failed file with a name of %d bytes one of %d, so that its record can lie beside it',
    async (bytes, expected) => {
      await using folder = await makeTemporaryFolder();
      const path = `${'n'.repeat(bytes - 4)}.csv`;
      await writeFile(join(folder.path, path), TEXT);

      const name = await move(folder.path, await actionFor(folder.path, path), 'why\n');

      expect(name).toBe(`${'n'.repeat(expected - 4)}.csv`);
      expect(await allNamesIn(join(folder.path, 'Done'))).toEqual([name, `${name}.error.json`]);
    },
  );

  it.each([
    [228, 228],
    [229, 229],
    [230, 229],
    [255, 229],
  ])('of a name of %d bytes that is taken keeps %d beside time and id', async (bytes, expected) => {
    await using folder = await makeTemporaryFolder();
    const path = `${'n'.repeat(bytes - 4)}.csv`;
    await mkdir(join(folder.path, 'Done'));
    await writeFile(join(folder.path, 'Done', path), 'older');
    await writeFile(join(folder.path, path), TEXT);

    const name = await move(folder.path, await actionFor(folder.path, path));

    expect(name).toBe(`${'n'.repeat(expected - 4)}.20261121T123005Z-deadbeef.csv`);
    expect(await readFile(join(folder.path, 'Done', name), 'utf8')).toBe(TEXT);
  });

  it('goes on where a crash cut it short: both names, or the record without its file', async () => {
    await using folder = await makeTemporaryFolder();
    const done = join(folder.path, 'Done');
    await mkdir(done);
    await writeFile(join(folder.path, 'a'), TEXT);
    const action = await actionFor(folder.path, 'a');
    await writeFile(join(done, 'a.error.json'), 'why\n');
    await link(join(folder.path, 'a'), join(done, 'a'));

    const name = await move(folder.path, action, 'why\n');

    expect([name, await allNamesIn(done), await allNamesIn(folder.path)]).toEqual([
      'a',
      ['a', 'a.error.json'],
      ['Done'],
    ]);
  });

  it('takes another name where the record beside it belongs to another file', async () => {
    await using folder = await makeTemporaryFolder();
    const done = join(folder.path, 'Done');
    await mkdir(done);
    await writeFile(join(done, 'a.error.json'), 'of another\n');
    await writeFile(join(folder.path, 'a'), TEXT);

    const name = await move(folder.path, await actionFor(folder.path, 'a'), 'why\n');

    expect(await allNamesIn(done)).toEqual(['a.error.json', name, `${name}.error.json`].toSorted());
  });

  it.each(['a FIFO', 'a link to the same text', 'a file of 3 GiB', 'a folder', 'a socket'])(
    'takes another name where %s lies in place of the record, without waiting for it, following it or reading it whole',
    async (what) => {
      await using folder = await makeTemporaryFolder();
      const done = join(folder.path, 'Done');
      const beside = join(done, 'a.error.json');
      await mkdir(done);
      await writeFile(join(folder.path, 'a'), TEXT);
      await using _made = await makeInPlace(beside, what);

      const name = await move(folder.path, await actionFor(folder.path, 'a'), 'why\n');

      expect(name).toBe('a.20261121T123005Z-deadbeef');
      expect(await readFile(join(done, `${name}.error.json`), 'utf8')).toBe('why\n');
    },
  );

  it('refuses a target that is a link out of the watch folder', async () => {
    await using folder = await makeTemporaryFolder();
    await using elsewhere = await makeTemporaryFolder();
    await symlink(elsewhere.path, join(folder.path, 'Done'));
    await writeFile(join(folder.path, 'a'), TEXT);

    await expect(move(folder.path, await actionFor(folder.path, 'a'))).rejects.toThrow('a link leads out');
    expect([await allNamesIn(elsewhere.path), await allNamesIn(folder.path)]).toEqual([[], ['Done', 'a']]);
  });

  it('leaves a file that was written to after it was read, and only there', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), TEXT);
    const action = await actionFor(folder.path, 'a');
    await using ours = await openOurs(folder.path, action);
    await appendFile(join(folder.path, 'a'), '!');

    const moving = moveFile(
      ours,
      { root: folder.path, target: join(folder.path, 'Done'), action, record: 'why' },
      { signal, log },
    );

    await expect(moving).rejects.toThrow('written to meanwhile');
    expect([await allNamesIn(folder.path), await allNamesIn(join(folder.path, 'Done'))]).toEqual([['Done', 'a'], []]);
  });

  it.skipIf(!existsSync('/dev/shm')).each(['a link', 'another file'])(
    'copies nothing of %s that took the place of an unread file, to another file system',
    async (what) => {
      await using folder = await makeTemporaryFolder();
      const target = await mkdtemp('/dev/shm/airlock-test-');
      try {
        await writeFile(join(folder.path, 'a'), TEXT);
        await writeFile(join(folder.path, 'secret'), 'never taken in');
        const action = await actionFor(folder.path, 'a', { sha256: null });
        await using ours = await openOurs(folder.path, action);
        if (what === 'a link') await symlink('secret', join(folder.path, 'new'));
        else await rename(join(folder.path, 'secret'), join(folder.path, 'new'));
        await rename(join(folder.path, 'new'), join(folder.path, 'a'));

        const moving = moveFile(ours, { root: folder.path, target, action, record: 'why\n' }, { signal, log });

        await expect(moving).rejects.toThrow(/Cannot/);
        expect(await allNamesIn(target)).toEqual([]);
      } finally {
        await rm(target, { recursive: true });
      }
    },
  );
});
