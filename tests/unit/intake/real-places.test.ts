import { mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRealPlaces, toRealPath } from '../../../src/intake/real-places.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

describe('toRealPath()', () => {
  it('resolves the part of a path that is there', async () => {
    await using folder = await makeTemporaryFolder();
    const root = await realpath(folder.path);
    await mkdir(join(root, 'real', 'sub'), { recursive: true });
    await symlink('real', join(root, 'link'));
    await symlink('loop', join(root, 'loop'));

    const paths = ['link', 'link/sub', 'link/none/at/all', 'loop/a', 'none'];

    expect(await Promise.all(paths.map((path) => toRealPath(join(root, path))))).toEqual(
      ['real', 'real/sub', 'real/none/at/all', 'loop/a', 'none'].map((path) => join(root, path)),
    );
  });
});

describe('findRealPlaces()', () => {
  it('gives one name to a folder and the target in it, whatever they are called', async () => {
    await using folder = await makeTemporaryFolder();
    const root = await realpath(folder.path);
    await mkdir(join(root, 'real'));
    await symlink('real', join(root, 'link'));
    const at = (path: string): string => join(root, path);

    expect(
      await findRealPlaces({ root: at('link'), doneFolder: at('real/Done'), errorFolder: at('link/Error') }),
    ).toEqual({ root: at('real'), skip: [at('real/Done'), at('real/Error')] });
  });
});
