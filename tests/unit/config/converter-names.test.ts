import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listConverterNames } from '../../../src/config/converter-names.ts';
import { configSchema } from '../../../src/config/schema/root.ts';
import { resolvePlaces } from '../../../src/disk/places.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

function namesFor(home: string, converters: object): readonly string[] | null {
  const places = resolvePlaces({ home, env: {}, platform: 'linux', homedir: '/h', tmpdir: '/tmp', uid: 1 });
  return listConverterNames(places, configSchema.parse({ converters }).converters);
}

describe('listConverterNames()', () => {
  it('lists the bundled ones and the sub-folders of all folders, files and hidden ones left out', async () => {
    await using folder = await makeTemporaryFolder();
    for (const path of ['converters/mine', 'converters/.git', 'more/theirs']) {
      await mkdir(join(folder.path, path), { recursive: true });
    }
    await writeFile(join(folder.path, 'converters', 'README.md'), '');

    const own = namesFor(folder.path, { bundled: false, folders: { more: { path: 'more' } } });
    const all = namesFor(folder.path, {});

    expect(own?.toSorted()).toEqual(['mine', 'theirs']);
    expect(all).toEqual(expect.arrayContaining(['keysight-i3070', 'mine']));
  });

  it('takes a folder that is missing as empty, and one that cannot be read as no answer', async () => {
    await using folder = await makeTemporaryFolder();
    await symlink('loop', join(folder.path, 'loop'));

    expect(namesFor(folder.path, { bundled: false })).toEqual([]);
    expect(namesFor(folder.path, { bundled: false, folders: { odd: { path: 'loop' } } })).toBeNull();
  });
});
