import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { confinePath, openConfined } from '../../../src/disk/confined.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const refused = expect.objectContaining({ code: 'invalid_params' });

describe('confinePath()', () => {
  test.each([
    ['a', '/r/a'],
    ['a/b.json', '/r/a/b.json'],
    ['..a', '/r/..a'],
    ['C:x', '/r/C:x'],
    ['é'.repeat(127), `/r/${'é'.repeat(127)}`],
    ['x'.repeat(255), `/r/${'x'.repeat(255)}`],
  ])('accepts %j', (relative, expected) => {
    expect(confinePath('/r', relative, { platform: 'linux' })).toBe(expected);
  });

  test.each([
    '',
    '.',
    '..',
    '/etc',
    'a/../b',
    'a//b',
    'a/',
    './a',
    'a\u0000b',
    'a\nb',
    'x'.repeat(256),
    'é'.repeat(128),
  ])('refuses %j', (relative) => {
    expect(() => confinePath('/r', relative, { platform: 'linux' })).toThrowError(refused);
  });

  test.each(['..\\b', 'a\\..\\b', 'C:\\x', 'C:x', 'a:stream', '\\\\server\\x', 'nul', 'COM1.txt', 'a.', 'a ', 'a?'])(
    'refuses %j on Windows',
    (relative) => {
      expect(() => confinePath('C:\\r', relative, { platform: 'win32' })).toThrowError(refused);
    },
  );
});

describe('openConfined()', () => {
  test('opens a regular file below its folder', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'a'));
    await writeFile(join(folder.path, 'a', 'b'), 'text');

    await using file = await openConfined(folder.path, 'a/b');

    expect(await file.readFile('utf8')).toBe('text');
  });

  test('follows a link to the folder itself', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'real'));
    await writeFile(join(folder.path, 'real', 'b'), 'text');
    await symlink('real', join(folder.path, 'link'));

    await using file = await openConfined(join(folder.path, 'link'), 'b');

    expect(await file.readFile('utf8')).toBe('text');
  });

  test.each([
    ['a link to a file', 'file-link'],
    ['a file behind a link to a folder', 'folder-link/b'],
    ['a file behind a link that stays inside', 'inner-link/b'],
    ['a folder', 'real'],
  ])('refuses %s', async (_name, relative) => {
    await using outside = await makeTemporaryFolder();
    await using folder = await makeTemporaryFolder();
    await writeFile(join(outside.path, 'b'), 'secret');
    await mkdir(join(folder.path, 'real'));
    await writeFile(join(folder.path, 'real', 'b'), '');
    await symlink(join(outside.path, 'b'), join(folder.path, 'file-link'));
    await symlink(outside.path, join(folder.path, 'folder-link'));
    await symlink('real', join(folder.path, 'inner-link'));

    await expect(openConfined(folder.path, relative)).rejects.toEqual(refused);
  });

  test('answers file_unreadable with the cause when nothing is there', async () => {
    await using folder = await makeTemporaryFolder();

    await expect(openConfined(folder.path, 'none')).rejects.toMatchObject({
      code: 'file_unreadable',
      cause: { code: 'ENOENT' },
    });
  });
});
