import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AirlockError } from '../../../src/core/errors.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import {
  createKey,
  listKeyIds,
  loadKey,
  ownKeyFolder,
  removeKey,
  removeParts,
  replaceKey,
} from '../../../src/link/key-file.ts';
import { ensureKeys } from '../../../src/link/keys.ts';
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

describe('createKey()', () => {
  it.runIf(process.platform === 'linux')(
    'leaves no key that cannot be loaded when it dies before its content is written',
    async () => {
      await using folder = await makeTemporaryFolder();
      const keys = new URL('../../../src/link/key-file.ts', import.meta.url).href;
      const make = `import { createKey, ownKeyFolder } from ${JSON.stringify(keys)};
      await createKey({ random: () => Buffer.alloc(32), nowUnixMs: () => 0 }, ownKeyFolder(${JSON.stringify(folder.path)}), { kid: 'local', scopes: ['read'] });`;
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

    const error = await failure(
      createKey(deps, ownKeyFolder(home.directory), { kid: toKeyId('local'), scopes: ['read'] }),
    );

    expect(error.code).toBe('cannot_write');
    expect(await readFile(home.local, 'utf8')).toBe(before);
  });

  it('keeps a label, and what expires says when', async () => {
    await using home = await withKeys();
    const folder = ownKeyFolder(home.directory);
    const key = await createKey(deps, folder, { kid: toKeyId('line-3'), scopes: ['submit'], label: 'Linie 3, ICT' });

    await replaceKey(folder, { ...key, expiresUnixMs: Date.UTC(2026, 0, 3) });

    expect(await loadKey(join(home.directory, 'line-3.json'), 'line-3')).toEqual({
      ...key,
      label: 'Linie 3, ICT',
      expiresUnixMs: Date.UTC(2026, 0, 3),
    });
    expect((await stat(join(home.directory, 'line-3.json'))).mode & 0o777).toBe(0o600);
  });

  it.runIf(process.getuid?.() === 0)('gives a file of a group its mode and group (needs root)', async () => {
    await using folder = await makeTemporaryFolder();
    const shared = { directory: folder.path, file: { uids: [0], gid: 1, mode: 0o640 } };

    await createKey(deps, shared, { kid: toKeyId('group-read'), scopes: ['read'] });

    const { mode, gid } = await stat(join(folder.path, 'group-read.json'));
    expect({ mode: mode & 0o7777, gid }).toEqual({ mode: 0o640, gid: 1 });
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
    ['has a label that is no text', (text: string) => text.replace('"v": 1', '"v": 1, "label": 7')],
    ['has a label that is too long', (text: string) => text.replace('"v": 1', `"v": 1, "label": "${'x'.repeat(101)}"`)],
    ['expires at no time', (text: string) => text.replace('"v": 1', '"v": 1, "expires": "soon"')],
    ['names no scope', (text: string) => text.replace(/"scopes": \[[^\]]*\]/, '"scopes": []')],
  ])('refuses a file that %s, without quoting it', async (_, change) => {
    await using home = await withKeys();
    const text = change(await readFile(home.local, 'utf8'));
    await writeFile(home.local, text);

    const error = await failure(loadKey(home.local, 'local'));

    expect(error.message).toContain('it is no version 1 key file of local');
    expect(error.data).toEqual({ reason: 'key_content', mend: `mv '${home.local}' '${home.local}.old'` });
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

  it('refuses a socket in place of the file, and says so', async () => {
    await using home = await withKeys();
    const path = join(home.directory, 'socket.json');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));

    const error = await failure(loadKey(path, 'socket'));
    server.close();

    expect(error.data.reason).toBe('real_file');
  });

  it.runIf(process.getuid?.() === 0)('refuses the file of another user (needs root)', async () => {
    await using home = await withKeys();
    await chown(home.local, 1, 1);

    const error = await failure(loadKey(home.local, 'local'));

    expect(error.data).toEqual({ reason: 'own_user', mend: `chown 0 '${home.local}'` });
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

describe('removeKey()', () => {
  it('removes the file, and does no harm where there is none', async () => {
    await using home = await withKeys();

    await removeKey(home.directory, 'submit');
    await removeKey(home.directory, 'submit');

    expect(await listKeyIds(home.directory)).toEqual(['local']);
  });
});

describe('removeParts()', () => {
  it('removes what a kill left half made, and nothing else', async () => {
    await using home = await withKeys();
    await writeFile(join(home.directory, '.line-3.json.0000.part'), 'secret');
    await writeFile(join(home.directory, 'notes.part'), 'mine');

    await removeParts(home.directory);

    expect(await readdir(home.directory)).toEqual(['local.json', 'notes.part', 'submit.json']);
  });
});
