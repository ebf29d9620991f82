import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AirlockError } from '../../../src/core/errors.ts';
import { removeKey } from '../../../src/link/key-file.ts';
import { ensureKeys, loadKeys, makeKeyRing } from '../../../src/link/keys.ts';
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

  it('leaves a submit key away that was revoked', async () => {
    await using home = await withKeys();
    await removeKey(home.directory, 'submit');

    expect((await ensureKeys(deps, home.directory)).map(({ kid }) => kid)).toEqual(['local']);
  });

  it('makes both when the first start ended before the last of them', async () => {
    await using home = await withKeys();
    await removeKey(home.directory, 'local');
    await removeKey(home.directory, 'submit');

    expect((await ensureKeys(deps, home.directory)).map(({ kid }) => kid)).toEqual(['local', 'submit']);
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

  it.each([
    [127, 'loads'],
    [128, 'loads'],
    [129, 'too_many_keys'],
  ])('answers a folder of %i keys with: %s', async (count, outcome) => {
    await using home = await withKeys();
    const text = await readFile(home.local, 'utf8');
    const names = Array.from({ length: count - 2 }, (_, index) => `key-${index}`);
    await Promise.all(
      names.map((name) =>
        writeFile(join(home.directory, `${name}.json`), text.replace('"local"', `"${name}"`), { mode: 0o600 }),
      ),
    );

    const result = await loadKeys(home.directory).then(
      () => 'loads',
      (error: AirlockError) => error.data.reason,
    );

    expect(result).toBe(outcome);
  });
});

describe('makeKeyRing()', () => {
  it('finds a key by its id, and null for any other', async () => {
    await using home = await withKeys();

    const ring = makeKeyRing(home.keys);

    expect([ring.find('local')?.kid, ring.find('nobody'), ring.find('__proto__')]).toEqual(['local', null, null]);
  });
});
