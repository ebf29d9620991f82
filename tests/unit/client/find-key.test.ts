import { randomBytes } from 'node:crypto';
import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findKey } from '../../../src/client/find-key.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import { createKey, ownKeyFolder } from '../../../src/link/key-file.ts';
import { ensureKeys } from '../../../src/link/keys.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const deps = { random: randomBytes, nowUnixMs: () => 0 };

const ownKeys = (directory: string) => ({ kind: 'own', directory }) as const;

async function openKeys() {
  const folder = await makeTemporaryFolder();
  const directory = join(folder.path, 'keys');
  await ensureKeys(deps, directory);
  return {
    directory,
    remove: (kid: string) => rm(join(directory, `${kid}.json`)),
    [Symbol.asyncDispose]: folder[Symbol.asyncDispose],
  };
}

describe('findKey()', () => {
  it('takes the named key', async () => {
    await using keys = await openKeys();

    expect((await findKey(ownKeys(keys.directory), 'submit')).kid).toBe('submit');
  });

  it('takes local when none is named', async () => {
    await using keys = await openKeys();

    expect((await findKey(ownKeys(keys.directory))).kid).toBe('local');
  });

  it('takes the only key that can be read when there is no local one', async () => {
    await using keys = await openKeys();
    await createKey(deps, ownKeyFolder(keys.directory), { kid: toKeyId('closed'), scopes: ['read'] });
    await chmod(join(keys.directory, 'closed.json'), 0o644);
    await keys.remove('local');

    expect((await findKey(ownKeys(keys.directory))).kid).toBe('submit');
  });

  it('refuses to choose between several', async () => {
    await using keys = await openKeys();
    await rename(join(keys.directory, 'local.json'), join(keys.directory, 'local.bak'));
    await createKey(deps, ownKeyFolder(keys.directory), { kid: toKeyId('line-2'), scopes: ['read'] });

    await expect(findKey(ownKeys(keys.directory))).rejects.toMatchObject({
      code: 'unauthenticated',
      message: 'Cannot choose a key: several can be read (line-2, submit), name one with --key',
    });
  });

  it.each([
    ['is unknown', 'nobody', 'Cannot choose a key: there is no key nobody'],
    ['leads out of the folder', '../local', 'Cannot choose a key: "../local" is no name of a key'],
  ])('refuses a name that %s', async (_, name, message) => {
    await using keys = await openKeys();

    await expect(findKey(ownKeys(keys.directory), name)).rejects.toMatchObject({ code: 'unauthenticated', message });
  });

  it('refuses when there is no key at all', async () => {
    await expect(findKey(ownKeys('/nonexistent/airlock/keys'))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('does not fall back to another key when the named one fails a check', async () => {
    await using keys = await openKeys();
    await chmod(join(keys.directory, 'local.json'), 0o644);

    await expect(findKey(ownKeys(keys.directory))).rejects.toMatchObject({ data: { reason: 'private_mode' } });
  });
});
