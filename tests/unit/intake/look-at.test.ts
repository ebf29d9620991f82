import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lookAt } from '../../../src/intake/look-at.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

describe('lookAt()', () => {
  it('tells files, links, folders, and what is not there', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), 'abc');
    await symlink('a', join(folder.path, 'link'));
    await mkdir(join(folder.path, 'sub'));

    expect(await Promise.all(['a', 'link', 'sub', 'none', 'a/b'].map((path) => lookAt(folder.path, path)))).toEqual([
      { kind: 'file', identity: expect.stringMatching(/^3:\d+:\d+$/), size: 3 },
      { kind: 'odd', what: 'link' },
      { kind: 'odd', what: 'folder' },
      { kind: 'gone' },
      { kind: 'gone' },
    ]);
  });

  it('says that an entry is closed, whatever error the system has for it', async () => {
    await using folder = await makeTemporaryFolder();
    await symlink('loop', join(folder.path, 'loop'));
    const tooLong = Array.from({ length: 17 }, () => 'd'.repeat(255)).join('/');

    expect([await lookAt(folder.path, 'loop/a'), await lookAt(folder.path, tooLong)]).toEqual([
      { kind: 'odd', what: 'closed' },
      { kind: 'odd', what: 'closed' },
    ]);
  });
});
