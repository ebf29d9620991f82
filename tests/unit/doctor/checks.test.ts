import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolvePlaces } from '../../../src/disk/places.ts';
import { runChecks } from '../../../src/doctor/check.ts';
import { makeChecks } from '../../../src/doctor/checks.ts';
import { listPrivatePlaces } from '../../../src/disk/private-places.ts';
import { ensureKeys } from '../../../src/link/keys.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const walls = {
  section: 'sandbox',
  name: 'walls',
  otherwise: 'mend the walls',
  run: () => Promise.reject(new Error('no runner')),
};

async function makeHome() {
  const folder = await makeTemporaryFolder();
  const machine = { platform: process.platform, homedir: homedir(), tmpdir: tmpdir(), uid: process.getuid?.() ?? null };
  const places = resolvePlaces({ home: folder.path, env: {}, ...machine });
  const signal = new AbortController().signal;
  const deps = { places, env: {}, version: '0', signal, key: null, hostname: 'h' };
  const examine = async () =>
    Object.fromEntries((await runChecks(makeChecks(deps, walls))).map(({ name, ...result }) => [name, result]));
  return { path: folder.path, places, examine, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('makeChecks()', () => {
  it('skips what the first start will make, warns that nothing runs, and writes nothing', async () => {
    await using home = await makeHome();

    const results = await home.examine();

    expect(Object.entries(results).map(([name, { status }]) => `${name} ${status}`)).toEqual([
      'node OK',
      'home OK',
      'keys SKIP',
      'secrets SKIP',
      'state SKIP',
      'run SKIP',
      'log SKIP',
      'converters SKIP',
      'key-files SKIP',
      'config OK',
      'daemon WARN',
      'walls FAIL',
    ]);
    expect(results['walls']).toEqual({
      section: 'sandbox',
      status: 'FAIL',
      message: 'no runner',
      mend: 'mend the walls',
    });
    expect(await readdir(home.path)).toEqual([]);
  });

  it.runIf(process.platform !== 'win32')(
    'fails a folder that others can enter, with the command that mends it',
    async () => {
      await using home = await makeHome();
      for (const { folder } of listPrivatePlaces(home.places)) {
        await mkdir(folder, { recursive: true });
        await chmod(folder, 0o750);
      }

      const results = await home.examine();

      for (const { name, folder } of listPrivatePlaces(home.places)) {
        expect(results[name]).toMatchObject({ status: 'FAIL', mend: `chmod 700 '${folder}'` });
        expect(results[name]?.message).toContain('mode 0750 instead of 0700');
      }
    },
  );

  it('fails a key file that others can read or that holds no key, with what mends it', async () => {
    await using home = await makeHome();
    await ensureKeys({ random: randomBytes, nowUnixMs: () => 0 }, home.places.keys);
    const [local, submit] = ['local', 'submit'].map((kid) => path.join(home.places.keys, `${kid}.json`));
    const sound = (await home.examine())['key-files'];

    await chmod(local ?? '', 0o640);
    const open = (await home.examine())['key-files'];
    await chmod(local ?? '', 0o600);
    await writeFile(submit ?? '', '{}');
    const empty = (await home.examine())['key-files'];

    expect(sound).toMatchObject({ status: 'OK', message: '2 keys: local, submit' });
    if (process.platform !== 'win32') expect(open).toMatchObject({ status: 'FAIL', mend: `chmod 600 '${local}'` });
    expect(empty).toMatchObject({ status: 'FAIL', mend: `mv '${submit}' '${submit}.old'` });
  });

  it('fails a file in the place of a folder', async () => {
    await using home = await makeHome();
    await writeFile(home.places.keys, '');

    expect((await home.examine())['keys']).toMatchObject({
      status: 'FAIL',
      message: expect.stringContaining('real_directory'),
    });
  });

  it('fails a configuration with errors and warns of one with remarks, with every finding', async () => {
    await using home = await makeHome();
    const examineWith = async (text: string) => {
      await writeFile(path.join(home.path, 'config.jsonc'), text);
      return (await home.examine())['config'];
    };

    const broken = await examineWith('{ "queue": { "maxItems": -1 }, "daemon": { "drain": 30 } }');
    const remarked = await examineWith('{ "quue": {} }');

    expect(broken).toMatchObject({ status: 'FAIL' });
    expect(broken?.message).toContain('1:26 error out_of_range: queue.maxItems');
    expect(broken?.message).toContain('missing_unit: daemon.drain');
    expect(remarked).toMatchObject({ status: 'WARN', message: expect.stringContaining('(queue)') });
  });
});
