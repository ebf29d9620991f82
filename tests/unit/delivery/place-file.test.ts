import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placeFile } from '../../../src/delivery/place-file.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const { signal } = new AbortController();
const bytes = new Uint8Array([0, 255, 10]);

describe('placeFile()', () => {
  it('writes what is not there, and takes the same bytes as written', async () => {
    await using folder = await makeTemporaryFolder();
    const file = { directory: folder.path, name: 'a.bin', bytes };

    expect([await placeFile(file, { signal }), await placeFile(file, { signal })]).toEqual(['placed', 'placed']);
    expect(await readdir(folder.path)).toEqual(['a.bin']);
    expect(await readFile(join(folder.path, 'a.bin'))).toEqual(Buffer.from(bytes));
  });

  it('leaves other bytes of the same length, a folder and a link as they are', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'other'), 'abc');
    await mkdir(join(folder.path, 'folder'));
    await writeFile(join(folder.path, 'target'), bytes);
    await symlink(join(folder.path, 'target'), join(folder.path, 'link'));

    const found = ['other', 'folder', 'link'].map((name) =>
      placeFile({ directory: folder.path, name, bytes }, { signal }),
    );

    expect(await Promise.all(found)).toEqual(['other', 'other', 'other']);
    expect(await readFile(join(folder.path, 'other'), 'utf8')).toBe('abc');
  });

  it('writes nothing once it is aborted', async () => {
    await using folder = await makeTemporaryFolder();
    const reason = new Error('stop');

    const placing = placeFile({ directory: folder.path, name: 'a', bytes }, { signal: AbortSignal.abort(reason) });

    await expect(placing).rejects.toBe(reason);
    expect(await readdir(folder.path)).toEqual([]);
  });
});
