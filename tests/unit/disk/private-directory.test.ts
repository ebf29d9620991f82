import { execFile, spawnSync } from 'node:child_process';
import { chmod, lstat, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  checkPrivateDirectory,
  checkPrivateFile,
  ensurePrivateDirectory,
} from '../../../src/disk/private-directory.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

// Names every call of the system that flushes; where it is not installed the case says so.
const STRACE: string = 'strace';
const hasStrace = spawnSync(STRACE, ['-V']).status === 0;

const unavailable = (reason: string, message: RegExp) => ({
  code: 'unavailable',
  data: { reason },
  message: expect.stringMatching(message),
});

describe('ensurePrivateDirectory()', () => {
  test('makes the folder and those above it with mode 0700', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a', 'b');

    await ensurePrivateDirectory(path);

    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder.path, 'a'))).mode & 0o777).toBe(0o700);
  });

  test.skipIf(!hasStrace)(
    'has flushed the folder of each name that it made, up to the first that was there (needs strace)',
    async () => {
      await using folder = await makeTemporaryFolder();
      const module = new URL('../../../src/disk/private-directory.ts', import.meta.url).href;
      const script = `await (await import('${module}')).ensurePrivateDirectory('${join(folder.path, 'a', 'b', 'c')}')`;
      const traced = ['-f', '-y', '-e', 'trace=fsync', process.execPath, '--input-type=module', '-e', script];

      const { stderr } = await promisify(execFile)(STRACE, traced);

      const flushed = [...stderr.matchAll(/fsync\(\d+<([^>]*)>/g)].map(([, path]) => path);
      expect(flushed).toEqual([folder.path, join(folder.path, 'a'), join(folder.path, 'a', 'b')]);
    },
  );

  test('accepts a private folder that exists', async () => {
    await using folder = await makeTemporaryFolder();

    await expect(ensurePrivateDirectory(folder.path)).resolves.toBeUndefined();
  });

  test('refuses a file in its place', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a');
    await writeFile(path, '');

    await expect(ensurePrivateDirectory(path)).rejects.toMatchObject(unavailable('real_directory', /is no folder/));
  });

  test('answers cannot_write when it cannot be made', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), '');

    await expect(ensurePrivateDirectory(join(folder.path, 'a', 'b'))).rejects.toMatchObject({ code: 'cannot_write' });
  });
});

describe('checkPrivateDirectory()', () => {
  test.each([0o710, 0o701, 0o755, 0o770])('refuses mode %o and names the command that mends it', async (mode) => {
    await using folder = await makeTemporaryFolder();
    await chmod(folder.path, mode);

    const checking = checkPrivateDirectory(folder.path);

    await expect(checking).rejects.toMatchObject(
      unavailable('private_mode', new RegExp(`found mode 0${mode.toString(8)} .*chmod 700 '${folder.path}'`)),
    );
  });

  test('refuses a symbolic link to a private folder', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'real'), { mode: 0o700 });
    const link = join(folder.path, 'link');
    await symlink('real', link);

    await expect(checkPrivateDirectory(link)).rejects.toMatchObject(unavailable('real_directory', /a symbolic link/));
  });

  test('refuses a folder of another user', async () => {
    await using folder = await makeTemporaryFolder();
    const stranger = (await stat(folder.path)).uid + 1;

    const checking = checkPrivateDirectory(folder.path, { uid: stranger });

    await expect(checking).rejects.toMatchObject(unavailable('own_user', new RegExp(`chown ${stranger} '`)));
  });

  test('refuses a folder that is not there', async () => {
    await using folder = await makeTemporaryFolder();

    await expect(checkPrivateDirectory(join(folder.path, 'a'))).rejects.toMatchObject(
      unavailable('missing', /mkdir -m 700/),
    );
  });

  test('checks neither owner nor mode where there are none', async () => {
    await using folder = await makeTemporaryFolder();
    await chmod(folder.path, 0o755);

    await expect(checkPrivateDirectory(folder.path, { uid: null })).resolves.toBeUndefined();
  });

  test('quotes a path for the shell', async () => {
    await using folder = await makeTemporaryFolder();

    await expect(checkPrivateDirectory(join(folder.path, "it's"))).rejects.toThrowError(/it'\\''s'$/);
  });
});

describe('checkPrivateFile()', () => {
  test('accepts 0600 and refuses any bit more', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'key');
    await writeFile(path, '', { mode: 0o600 });

    checkPrivateFile(path, await lstat(path));
    await chmod(path, 0o604);
    const stats = await lstat(path);

    expect(() => checkPrivateFile(path, stats)).toThrowError(/private_mode found mode 0604 instead of 0600/);
  });

  test('refuses a link and a folder', async () => {
    await using folder = await makeTemporaryFolder();
    const link = join(folder.path, 'link');
    await symlink('nowhere', link);
    const [linkStats, folderStats] = [await lstat(link), await lstat(folder.path)];

    expect(() => checkPrivateFile(link, linkStats)).toThrowError(/real_file found a symbolic link/);
    expect(() => checkPrivateFile(folder.path, folderStats)).toThrowError(/real_file found something that is no file/);
  });
});
