import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { expandFiles, nameFile, type NamedFile } from '../../../src/cli/submit/files.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const LIMIT = 1000;
const INLINE = 400;
const options = { limit: LIMIT, inline: INLINE, stdin: Readable.from([]), name: null };

async function readOnly(file: string, stdin: AsyncIterable<Uint8Array> = options.stdin): Promise<Uint8Array> {
  const [named] = expandFiles([file], { ...options, stdin });
  if (named === undefined) throw new Error('Cannot read: nothing was named');
  return await readNamed(named);
}

async function readNamed(named: NamedFile): Promise<Buffer> {
  await using opened = await named.open();
  const { content } = opened;
  return content.kind === 'inline' ? Buffer.from(content.bytes) : Buffer.concat(await Array.fromAsync(content.bytes));
}

describe('expandFiles()', () => {
  it('expands a pattern in order, submits under the base name, and reads what lies there', async () => {
    await using folder = await makeTemporaryFolder();
    for (const name of ['b.csv', 'a.csv', 'c.txt']) await writeFile(path.join(folder.path, name), name);

    const files = expandFiles([path.join(folder.path, '*.csv')], options);

    expect(files.map(({ name }) => name)).toEqual(['a.csv', 'b.csv']);
    expect(String(await Promise.all(files.slice(0, 1).map(readNamed)))).toBe('a.csv');
  });

  it.runIf(process.platform !== 'win32')('takes a file whose name has a star as itself', async () => {
    await using folder = await makeTemporaryFolder();
    for (const name of ['a*.csv', 'ab.csv']) await writeFile(path.join(folder.path, name), name);

    const files = expandFiles([path.join(folder.path, 'a*.csv')], options);

    expect(files.map(({ name }) => name)).toEqual(['a*.csv']);
  });

  it('refuses a pattern that matches nothing', () => {
    expect(() => expandFiles(['/nowhere/*.csv'], options)).toThrow('Cannot read /nowhere/*.csv: no file matches');
  });

  it.each([
    [LIMIT - 1, true],
    [LIMIT, true],
    [LIMIT + 1, false],
  ])('of %i bytes, from a file and from standard input: taken is %s', async (size, isTaken) => {
    await using folder = await makeTemporaryFolder();
    const file = path.join(folder.path, 'a.csv');
    await writeFile(file, Buffer.alloc(size));
    const read = [readOnly(file), readOnly('-', Readable.from([Buffer.alloc(size - 1), Buffer.alloc(1)]))];

    const ends = await Promise.all(
      read.map((one) =>
        one.then(
          (bytes) => bytes.byteLength,
          (error: unknown) => error,
        ),
      ),
    );

    const expected: unknown = isTaken ? size : expect.objectContaining({ code: 'too_large', data: { limit: LIMIT } });
    expect(ends).toEqual([expected, expected]);
  });

  it.each([
    [0, 'inline', null],
    [INLINE, 'inline', null],
    [INLINE + 1, 'stream', INLINE + 1],
  ])('of %i bytes go %s', async (size, kind, announced) => {
    await using folder = await makeTemporaryFolder();
    const file = path.join(folder.path, 'a.csv');
    await writeFile(file, Buffer.alloc(size));

    await using opened = await nameFile(file, options).open();

    const { content } = opened;
    expect([content.kind, content.kind === 'stream' ? content.size : null]).toEqual([kind, announced]);
  });

  it('announces no size of standard input', async () => {
    const [named] = expandFiles(['-'], { ...options, stdin: Readable.from([Buffer.alloc(INLINE + 1)]) });

    await using opened = await named?.open();

    expect(opened?.content).toMatchObject({ kind: 'stream', size: null });
  });

  it.runIf(process.platform === 'linux')('stops at the limit of a device that never ends', async () => {
    await expect(readOnly('/dev/zero')).rejects.toMatchObject({ code: 'too_large', data: { limit: LIMIT } });
  });

  it('says why a file cannot be read', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(path.join(folder.path, 'a'));

    await expect(readOnly(path.join(folder.path, 'none'))).rejects.toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining('there is no such file'),
    });
    await expect(readOnly(path.join(folder.path, 'a'))).rejects.toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining('it is a folder'),
    });
  });
});
