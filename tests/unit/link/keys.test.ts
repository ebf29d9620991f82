import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AirlockError } from '../../../src/core/errors.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import { createKey, ensureKeys, listKeyIds, loadKey, loadKeys, makeKeyRing } from '../../../src/link/keys.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const deps = { random: randomBytes, nowUnixMs: () => Date.UTC(2026, 0, 2) };

async function failure(promise: Promise<unknown>): Promise<AirlockError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AirlockError) return error;
  throw new Error('Cannot find failure: nothing of the table was thrown', { cause: error });
}

const withKeys = async () => {
  const folder = await makeTemporaryFolder();
  const directory = join(folder.path, 'keys');
  const keys = await ensureKeys(deps, directory);
  return { directory, keys, local: join(directory, 'local.json'), [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
};

describe('ensureKeys()', () => {
  it('makes local with every scope and submit for sending only', async () => {
    await using home = await withKeys();

    expect(home.keys.map(({ kid, scopes }) => ({ kid, scopes }))).toEqual([
      { kid: 'local', scopes: ['submit', 'read', 'admin'] },
      { kid: 'submit', scopes: ['submit'] },
    ]);
  });

  it('makes a private folder and private files of the published shape', async () => {
    await using home = await withKeys();

    const [folder, file] = [await stat(home.directory), await stat(home.local)];

    expect([folder.mode & 0o777, file.mode & 0o777]).toEqual([0o700, 0o600]);
    expect(JSON.parse(await readFile(home.local, 'utf8'))).toEqual({
      v: 1,
      kid: 'local',
      key: expect.stringMatching(/^[\w-]{43}$/),
      scopes: ['submit', 'read', 'admin'],
      created: '2026-01-02T00:00:00.000Z',
    });
  });

  it('keeps the keys of an earlier start', async () => {
    await using home = await withKeys();

    const again = await ensureKeys(deps, home.directory);

    expect(again.map((key) => key.secret.reveal())).toEqual(home.keys.map((key) => key.secret.reveal()));
  });

  it('makes only what is missing', async () => {
    await using home = await withKeys();
    await rename(home.local, join(home.directory, 'away.bak'));

    const again = await ensureKeys(deps, home.directory);

    expect(again.map((key) => key.kid).sort()).toEqual(['local', 'submit']);
  });
});

describe('createKey()', () => {
  it.runIf(process.platform === 'linux')(
    'leaves no key that cannot be loaded when it dies before its content is written',
    async () => {
      await using folder = await makeTemporaryFolder();
      const keys = new URL('../../../src/link/keys.ts', import.meta.url).href;
      const make = `import { createKey } from ${JSON.stringify(keys)};
      await createKey({ random: () => Buffer.alloc(32), nowUnixMs: () => 0 }, ${JSON.stringify(folder.path)}, { kid: 'local', scopes: ['read'] });`;
      // No byte can be written: the process dies, or its write fails, between the file's name and its content.
      const { status } = spawnSync('prlimit', ['--fsize=0', process.execPath, '--input-type=module', '-e', make]);

      expect(status).not.toBe(0);
      expect(await listKeyIds(folder.path)).toEqual([]);
      await expect(ensureKeys(deps, folder.path)).resolves.toHaveLength(2);
    },
  );

  it('never replaces a file', async () => {
    await using home = await withKeys();
    const before = await readFile(home.local, 'utf8');

    const error = await failure(createKey(deps, home.directory, { kid: toKeyId('local'), scopes: ['read'] }));

    expect(error.code).toBe('cannot_write');
    expect(await readFile(home.local, 'utf8')).toBe(before);
  });
});

describe('loadKey()', () => {
  it('gives a key that cannot be printed', async () => {
    await using home = await withKeys();

    const key = await loadKey(home.local, 'local');

    const text = key.secret.reveal();
    expect(`${inspect(key)}${JSON.stringify(key)}${String(key.secret)}`).not.toContain(text);
  });

  it.each([0o640, 0o604, 0o601])('refuses a file of mode %o and names the command that mends it', async (mode) => {
    await using home = await withKeys();
    await chmod(home.local, mode);

    const error = await failure(loadKey(home.local, 'local'));

    expect({ code: error.code, reason: error.data.reason }).toEqual({ code: 'unavailable', reason: 'private_mode' });
    expect(error.message).toContain(`chmod 600 '${home.local}'`);
  });

  it('refuses a symbolic link', async () => {
    await using home = await withKeys();
    const link = join(home.directory, 'link.json');
    await symlink(home.local, link);

    const error = await failure(loadKey(link, 'link'));

    expect({ code: error.code, reason: error.data.reason }).toEqual({ code: 'unavailable', reason: 'real_file' });
    expect(error.message).toContain('rm ');
  });

  it('refuses a folder in place of the file', async () => {
    await using home = await withKeys();
    await mkdir(join(home.directory, 'dir.json'), { mode: 0o700 });

    const error = await failure(loadKey(join(home.directory, 'dir.json'), 'dir'));

    expect(error.data.reason).toBe('real_file');
  });

  it.each([
    ['is not JSON', () => '{"key": "AAAA'],
    ['is of another version', (text: string) => text.replace('"v": 1', '"v": 2')],
    ['is of another key id', (text: string) => text.replace('"kid": "local"', '"kid": "other"')],
    ['holds a short key', (text: string) => text.replace(/"key": "./, '"key": "')],
    ['names an unknown scope', (text: string) => text.replace('"admin"', '"root"')],
    ['names no scope', (text: string) => text.replace(/"scopes": \[[^\]]*\]/, '"scopes": []')],
  ])('refuses a file that %s, without quoting it', async (_, change) => {
    await using home = await withKeys();
    const text = change(await readFile(home.local, 'utf8'));
    await writeFile(home.local, text);

    const error = await failure(loadKey(home.local, 'local'));

    expect(error.message).toContain('it is no version 1 key file of local');
    expect(inspect(error)).not.toContain('AAAA');
  });

  it.each([
    [4095, 'loads'],
    [4096, 'loads'],
    [4097, 'unavailable'],
  ])('answers a file of %i bytes with: %s', async (size, outcome) => {
    await using home = await withKeys();
    const text = await readFile(home.local, 'utf8');
    await writeFile(home.local, text + ' '.repeat(size - text.length));

    const result = await loadKey(home.local, 'local').then(
      () => 'loads',
      (error: AirlockError) => error.code,
    );

    expect(result).toBe(outcome);
  });
});

describe('loadKeys()', () => {
  it('refuses them all when one file is open to others', async () => {
    await using home = await withKeys();
    await chmod(join(home.directory, 'submit.json'), 0o644);

    expect((await failure(loadKeys(home.directory))).data.reason).toBe('private_mode');
  });

  it('refuses a folder that others may enter', async () => {
    await using home = await withKeys();
    await chmod(home.directory, 0o750);

    const error = await failure(loadKeys(home.directory));

    expect(error.message).toContain(`chmod 700 '${home.directory}'`);
  });
});

describe('listKeyIds()', () => {
  it('names key files only', async () => {
    await using home = await withKeys();
    await writeFile(join(home.directory, 'notes.txt'), '');
    await writeFile(join(home.directory, '.hidden.json'), '');

    expect(await listKeyIds(home.directory)).toEqual(['local', 'submit']);
  });

  it('is empty where there is no folder', async () => {
    expect(await listKeyIds('/nonexistent/airlock/keys')).toEqual([]);
  });
});

describe('makeKeyRing()', () => {
  it('finds a key by its id, and null for any other', async () => {
    await using home = await withKeys();

    const ring = makeKeyRing(home.keys);

    expect([ring.find('local')?.kid, ring.find('nobody'), ring.find('__proto__')]).toEqual(['local', null, null]);
  });
});
