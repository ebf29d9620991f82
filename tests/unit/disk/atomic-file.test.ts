import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeFileAtomic } from '../../../src/disk/atomic-file.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

describe('writeFileAtomic()', () => {
  test('writes a new file readable by its owner only', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a.json');

    await writeFileAtomic(path, '{"ä":1}');

    expect(await readFile(path, 'utf8')).toBe('{"ä":1}');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('replaces an existing file, sets the mode, and leaves nothing else behind', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a.bin');
    await writeFile(path, 'old', { mode: 0o600 });

    await writeFileAtomic(path, Buffer.from([0, 255, 1]), { mode: 0o640 });

    expect([...(await readFile(path))]).toEqual([0, 255, 1]);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder.path)).toEqual(['a.bin']);
  });

  test('answers cannot_write with the cause when the folder is missing', async () => {
    await using folder = await makeTemporaryFolder();

    const writing = writeFileAtomic(join(folder.path, 'none', 'a'), 'x');

    await expect(writing).rejects.toMatchObject({ code: 'cannot_write', cause: { code: 'ENOENT' } });
  });

  test('lets two writers of the same file take turns', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a');

    await Promise.all(['1', '2', '3'].map((text) => writeFileAtomic(path, text)));

    expect(await readFile(path, 'utf8')).toBe('3');
    expect(await readdir(folder.path)).toEqual(['a']);
  });
});
