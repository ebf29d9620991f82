import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { configSchema } from '../../../src/config/schema/root.ts';
import { resolvePlaces } from '../../../src/disk/places.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

function load(home: string, env: Record<string, string> = {}) {
  const places = resolvePlaces({ home, env: {}, platform: process.platform, homedir: home, tmpdir: home, uid: 1 });
  return loadConfig({ places, env, commandLine: [], hostname: 'h' });
}

describe('loadConfig()', () => {
  test('gives the defaults without a file', async () => {
    await using folder = await makeTemporaryFolder();

    expect(await load(join(folder.path, 'none'))).toEqual({
      kind: 'loaded',
      config: configSchema.parse({}),
      state: 'defaults',
      path: join(folder.path, 'none', 'config.jsonc'),
      etag: null,
      origins: expect.objectContaining({ version: { origin: 'default' } }),
      findings: [],
    });
  });

  test('reads config.jsonc and answers the version of its content', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'config.jsonc'), '{}\n');

    const outcome = await load(folder.path);

    // First 16 hex digits of `printf '{}\n' | sha256sum`.
    expect(outcome).toMatchObject({ kind: 'loaded', state: 'ok', etag: 'ca3d163bab055381' });
  });

  test('reads config.json when it is alone, and warns when it is not', async () => {
    await using folder = await makeTemporaryFolder();
    const plain = join(folder.path, 'config.json');
    await writeFile(plain, '{"queue":{"maxItems":1}}');
    const alone = await load(folder.path);
    await writeFile(join(folder.path, 'config.jsonc'), '{"queue":{"maxItems":2}}');

    const both = await load(folder.path);

    expect(alone).toMatchObject({ path: plain, config: { queue: { maxItems: 1 } }, findings: [] });
    expect(both).toMatchObject({
      config: { queue: { maxItems: 2 } },
      findings: [{ severity: 'warning', code: 'masked', file: plain }],
    });
  });

  test('answers invalid with every finding and the file', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'config.jsonc');
    await writeFile(path, '{"queue":{"maxItems":-1},"daemon":{"drain":5}}');

    expect(await load(folder.path)).toMatchObject({
      kind: 'invalid',
      path,
      findings: [
        { code: 'missing_unit', file: path, line: 1 },
        { code: 'out_of_range', file: path, line: 1 },
      ],
    });
  });

  test('refuses a folder in place of the file', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'config.jsonc'));

    await expect(load(folder.path)).rejects.toMatchObject({ code: 'file_unreadable' });
  });
});
