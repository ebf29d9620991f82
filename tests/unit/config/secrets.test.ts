import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogFields } from '../../../src/core/logger.ts';
import { makeSecretResolver } from '../../../src/config/secrets.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

async function makeSecrets() {
  const folder = await makeTemporaryFolder();
  const secrets = join(folder.path, 'secrets');
  await mkdir(secrets, { mode: 0o700 });
  const logged: LogFields[] = [];
  const log = { warn: (fields: LogFields) => void logged.push(fields) };
  const put = (name: string, text: string, mode = 0o600) => writeFile(join(secrets, name), text, { mode });
  const find = (name: string, env: Record<string, string> = {}) =>
    makeSecretResolver({ places: { secrets }, env, log })(name).then((secret) => secret?.reveal() ?? null);
  return { path: folder.path, secrets, logged, put, find, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('makeSecretResolver()', () => {
  test('prefers the environment, then the credential, then the own file', async () => {
    await using home = await makeSecrets();
    const credentials = join(home.path, 'credentials');
    await mkdir(credentials);
    await writeFile(join(credentials, 'wats-token'), 'from systemd');
    await home.put('wats-token', 'from file\n');
    const systemd = { CREDENTIALS_DIRECTORY: credentials };

    expect([
      await home.find('wats-token', { ...systemd, AIRLOCK_SECRET_WATS_TOKEN: 'from env' }),
      await home.find('wats-token', systemd),
      await home.find('wats-token', { AIRLOCK_SECRET_WATS_TOKEN: '' }),
    ]).toEqual(['from env', 'from systemd', 'from file']);
  });

  test('takes off one line end and keeps the rest', async () => {
    await using home = await makeSecrets();
    await home.put('a', ' x \n\r\n');

    expect(await home.find('a')).toBe(' x \n');
  });

  test('answers null when nobody holds it', async () => {
    await using home = await makeSecrets();

    expect(await home.find('none')).toBeNull();
  });

  test('refuses a file that others could read and names the command', async () => {
    await using home = await makeSecrets();
    await home.put('a', 'x', 0o644);
    await chmod(join(home.secrets, 'a'), 0o640);

    await expect(home.find('a')).rejects.toMatchObject({
      code: 'unavailable',
      data: { reason: 'private_mode' },
      message: expect.stringContaining(`chmod 600 '${join(home.secrets, 'a')}'`),
    });
  });

  test('refuses a folder that others could enter', async () => {
    await using home = await makeSecrets();
    await home.put('a', 'x');
    await chmod(home.secrets, 0o755);

    await expect(home.find('a')).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'private_mode' } });
  });

  test('refuses a link, wherever it leads', async () => {
    await using home = await makeSecrets();
    await home.put('real', 'x');
    await rename(join(home.secrets, 'real'), join(home.path, 'real'));
    await symlink('../real', join(home.secrets, 'a'));

    await expect(home.find('a')).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'real_file' } });
  });

  test.each([
    [65_535, true],
    [65_536, true],
    [65_537, false],
  ])('reads %i bytes: %s', async (size, fits) => {
    await using home = await makeSecrets();
    await home.put('a', 'x'.repeat(size));

    const length = await home.find('a').then(
      (text) => text?.length ?? null,
      (error: Error) => error.message,
    );

    expect(length).toEqual(fits ? size : expect.stringContaining('more than 65536 bytes'));
  });

  test('logs a failure with its cause, and nothing for a secret that is found or that nobody holds', async () => {
    await using home = await makeSecrets();
    await home.put('good', 'x');
    await home.put('bad', 'x', 0o644);

    await home.find('good');
    await home.find('none');
    await expect(home.find('bad')).rejects.toMatchObject({ code: 'unavailable' });

    expect(home.logged).toEqual([{ secret: 'bad', err: expect.objectContaining({ code: 'unavailable' }) }]);
  });

  test('refuses an empty file and a text that is no name', async () => {
    await using home = await makeSecrets();
    await home.put('a', '\n');

    await expect(home.find('a')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(home.find('../a')).rejects.toMatchObject({ code: 'invalid_params' });
  });
});
