import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH, scanFolder } from '../../../src/intake/scan.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { makeTooDeepFolder } from '../../support/too-deep.ts';

const signal = new AbortController().signal;

async function makeTree(root: string): Promise<void> {
  await mkdir(join(root, 'sub', 'Done'), { recursive: true });
  await mkdir(join(root, 'Done'));
  await symlink(root, join(root, 'loop'));
  for (const path of ['a', 'sub/b', 'sub/Done/c', 'Done/d']) await writeFile(join(root, path), '');
}

describe('scanFolder()', () => {
  it('lists one folder, its target left out and no link followed', async () => {
    await using folder = await makeTemporaryFolder();
    const root = folder.path;
    await makeTree(root);

    const { paths, isCut } = await scanFolder(
      { root, isRecursive: false, skip: [join(root, 'Done')], limit: 100 },
      { signal },
    );

    expect([paths.toSorted(), isCut]).toEqual([['a', 'loop', 'sub'], false]);
  });

  it('goes into folders when that is wanted, but never into a target', async () => {
    await using folder = await makeTemporaryFolder();
    const root = folder.path;
    await makeTree(root);

    const { paths } = await scanFolder({ root, isRecursive: true, skip: [join(root, 'Done')], limit: 100 }, { signal });

    expect(paths.toSorted()).toEqual(['a', 'loop', 'sub/Done/c', 'sub/b']);
  });

  it.each([
    ['linux', ['a', 'DONE/b']],
    ['darwin', ['a']],
  ] as const)('compares the name of a target as %s does', async (platform, expected) => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'DONE'));
    for (const path of ['a', 'DONE/b']) await writeFile(join(folder.path, path), '');
    const input = { root: folder.path, isRecursive: true, skip: [join(folder.path, 'Done')], limit: 100 };

    const { paths } = await scanFolder(input, { signal, platform });

    expect(paths).toEqual(expect.arrayContaining([...expected]));
    expect(paths).toHaveLength(expected.length);
  });

  it.skipIf(process.platform !== 'linux')('passes over a folder inside that the system cannot open', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), '');
    using _deep = makeTooDeepFolder(folder.path);

    const { paths } = await scanFolder({ root: folder.path, isRecursive: true, skip: [], limit: 100 }, { signal });

    expect(paths).toEqual(['a']);
  });

  it('goes no deeper than its limit', async () => {
    await using folder = await makeTemporaryFolder();
    const deep = Array.from({ length: MAX_DEPTH + 1 }, () => 'd').join('/');
    await mkdir(join(folder.path, deep), { recursive: true });
    await writeFile(join(folder.path, deep.slice(2), 'in'), '');
    await writeFile(join(folder.path, deep, 'out'), '');

    const { paths } = await scanFolder({ root: folder.path, isRecursive: true, skip: [], limit: 100 }, { signal });

    expect(paths.toSorted()).toEqual([deep, `${deep.slice(2)}/in`]);
  });

  it.each([
    [2, true],
    [3, false],
    [4, false],
  ])('with room for %d of 3 entries is cut: %s', async (limit, expected) => {
    await using folder = await makeTemporaryFolder();
    for (const name of ['a', 'b', 'c']) await writeFile(join(folder.path, name), '');

    const { paths, isCut } = await scanFolder({ root: folder.path, isRecursive: false, skip: [], limit }, { signal });

    expect([paths.length, isCut]).toEqual([Math.min(limit, 3), expected]);
  });

  it('fails with the system error when the folder is not there', async () => {
    const input = { root: '/nowhere/at/all', isRecursive: false, skip: [], limit: 1 };

    await expect(scanFolder(input, { signal })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
