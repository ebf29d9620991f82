import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_CONFIG_BYTES } from '../../../src/config/document.ts';
import { validateConfig } from '../../../src/config/validate-config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { resolvePlaces } from '../../../src/disk/places.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

function validate(file: string) {
  const home = path.dirname(file);
  const places = resolvePlaces({ home, env: {}, platform: process.platform, homedir: home, tmpdir: home, uid: 1 });
  return validateConfig({ places, env: {}, commandLine: [], hostname: 'h', clock: systemClock }, file);
}

describe('validateConfig() of another file', () => {
  it.runIf(process.platform !== 'win32')('refuses a FIFO that nobody writes to, at once', async () => {
    await using folder = await makeTemporaryFolder();
    const fifo = path.join(folder.path, 'pipe');
    execFileSync('mkfifo', [fifo]);

    await expect(validate(fifo)).rejects.toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining('it is no regular file'),
    });
  });

  it('says that there is no such file, and that a folder is none', async () => {
    await using folder = await makeTemporaryFolder();

    await expect(validate(path.join(folder.path, 'none'))).rejects.toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining('there is no such file'),
    });
    await expect(validate(folder.path)).rejects.toMatchObject({ code: 'file_unreadable' });
  });

  it.each([
    [MAX_CONFIG_BYTES, true],
    [MAX_CONFIG_BYTES + 1, false],
    [MAX_CONFIG_BYTES * 2, false],
  ])('of %i bytes: valid is %s', async (size, isValid) => {
    await using folder = await makeTemporaryFolder();
    const file = path.join(folder.path, 'other.jsonc');
    await writeFile(file, '{}'.padEnd(size, ' '));

    expect((await validate(file)).valid).toBe(isValid);
  });
});
