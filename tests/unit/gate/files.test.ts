import { execFileSync } from 'node:child_process';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FilePolicy, findOwnerFault, readConverterFile } from '../../../src/gate/files.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const POLICY: FilePolicy = { trustedUids: [process.getuid?.() ?? 0, 0], forbiddenMode: 0o002 };
const isPosix = process.platform !== 'win32';

async function codeOf(path: string, prepare: (root: string) => unknown, maxBytes = 100): Promise<string> {
  await using home = await makeTemporaryFolder();
  const root = await realpath(home.path);
  await prepare(root);
  const reading = readConverterFile({ root, path, maxBytes, policy: POLICY });
  return reading.kind === 'read' ? reading.bytes.toString() : reading.finding.code;
}

describe('readConverterFile()', () => {
  it('reads a file once', async () => {
    expect(await codeOf('a.ts', (root) => writeFile(join(root, 'a.ts'), 'hello'))).toBe('hello');
  });

  it.each([
    [99, 99],
    [100, 100],
    [101, 'file-size'],
  ])('reads %i bytes with a cap of 100, or refuses them', async (bytes, expected) => {
    const result = await codeOf('a.ts', (root) => writeFile(join(root, 'a.ts'), 'x'.repeat(bytes)));

    expect(typeof expected === 'number' ? result.length : result).toBe(expected);
  });

  it('refuses what is not there, and a folder', async () => {
    expect(await codeOf('a.ts', () => undefined)).toBe('not-found');
    expect(await codeOf('a.ts/b.ts', (root) => writeFile(join(root, 'a.ts'), ''))).toBe('file-type');
    expect(await codeOf('a.ts', (root) => mkdir(join(root, 'a.ts')))).toBe('file-type');
  });

  it.runIf(isPosix)('does not follow a link that was put there after the folder was listed', async () => {
    expect(await codeOf('a.ts', (root) => symlink('/etc/passwd', join(root, 'a.ts')))).toBe('file-type');
    expect(await codeOf('etc/passwd', (root) => symlink('/etc', join(root, 'etc')))).toBe('file-type');
  });

  it.runIf(isPosix)('does not wait at a pipe', async () => {
    expect(await codeOf('a.ts', (root) => execFileSync('mkfifo', [join(root, 'a.ts')]))).toBe('file-type');
  });

  it.runIf(isPosix)('does not read a device', async () => {
    expect(readConverterFile({ root: '/dev', path: 'zero', maxBytes: 100, policy: POLICY })).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('findOwnerFault()', () => {
  it.each([
    [1000, 0o644, null],
    [0, 0o755, null],
    [1001, 0o644, 'file-owner'],
    [1000, 0o664, null],
    [1000, 0o646, 'file-writable'],
    [1000, 0o777, 'file-writable'],
  ])('says of owner %i and mode %s: %s', (uid, mode, code) => {
    const policy: FilePolicy = { trustedUids: [1000, 0], forbiddenMode: 0o002 };

    expect(findOwnerFault({ uid, mode }, policy)?.code ?? null).toBe(code);
  });

  it('has nothing to say where a system has no owners', () => {
    expect(findOwnerFault({ uid: 7, mode: 0o777 }, { trustedUids: null, forbiddenMode: 0o002 })).toBeNull();
  });
});
