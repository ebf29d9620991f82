import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_CONVERTERS, scanFolder } from '../../../src/conversion/scan-folder.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

describe('scanFolder()', () => {
  it('lists folders by name, and passes over files and what is hidden', async () => {
    await using home = await makeTemporaryFolder();
    for (const name of ['b', 'a', '.git']) await mkdir(join(home.path, name));
    await writeFile(join(home.path, 'README.md'), '');

    const scan = await scanFolder(home.path);

    expect(scan.kind === 'read' && scan.converters.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([
    [MAX_CONVERTERS, 'read'],
    [MAX_CONVERTERS + 1, 'too_many'],
  ])('takes %i converters or refuses the folder', async (count, kind) => {
    await using home = await makeTemporaryFolder();
    await Promise.all(Array.from({ length: count }, (_none, index) => mkdir(join(home.path, `c${index}`))));

    expect((await scanFolder(home.path)).kind).toBe(kind);
  });

  it('tells a missing folder from one that is no folder', async () => {
    await using home = await makeTemporaryFolder();
    await writeFile(join(home.path, 'file'), '');

    expect(await scanFolder(join(home.path, 'none'))).toEqual({ kind: 'missing' });
    expect(await scanFolder(join(home.path, 'file'))).toEqual({ kind: 'unreadable', code: 'ENOTDIR' });
  });
});
