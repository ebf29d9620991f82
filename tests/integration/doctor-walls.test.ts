import { writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { resolvePlaces } from '../../src/disk/places.ts';
import { checkWalls } from '../../src/doctor/walls.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

it('checkWalls() takes the walls that the configuration requires: with none required, none is missing', async () => {
  await using folder = await makeTemporaryFolder();
  const machine = { platform: process.platform, homedir: homedir(), tmpdir: tmpdir(), uid: process.getuid?.() ?? null };
  const places = resolvePlaces({ home: folder.path, env: {}, ...machine });
  const deps = { places, env: {}, hostname: 'h' };

  const byDefault = await checkWalls(deps).run();
  await writeFile(path.join(folder.path, 'config.jsonc'), '{ "sandbox": { "requireWalls": [] } }');
  const withNone = await checkWalls(deps).run();

  const isHeld = ['network', 'files'].every((wall) => byDefault.message.includes(`${wall} on`));
  expect(byDefault.status).toBe(process.platform !== 'linux' || isHeld ? 'OK' : 'WARN');
  expect(withNone).toMatchObject({ status: 'OK', mend: null });
});
