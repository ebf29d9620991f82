import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ensureDurableDirectory, writeDurableFile, writeFully } from '../../../src/disk/durable-file.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const bytes = Buffer.from('0123456789');

/** A file that takes at most `most` bytes per write and `room` in all. */
function makeNarrowFile(most: number, room: number) {
  const taken: Buffer[] = [];
  let left = room;
  const write = async (buffer: Uint8Array, offset: number, length: number) => {
    const bytesWritten = Math.min(most, length, left);
    left -= bytesWritten;
    taken.push(Buffer.from(buffer.subarray(offset, offset + bytesWritten)));
    return { bytesWritten, buffer };
  };
  return { file: { write } as Parameters<typeof writeFully>[0], content: () => Buffer.concat(taken).toString() };
}

describe('writeFully()', () => {
  it.each([1, 3, 9, 10, 11])('goes on until all is written when a write takes %i bytes', async (most) => {
    const { file, content } = makeNarrowFile(most, 100);

    await writeFully(file, bytes);

    expect(content()).toBe('0123456789');
  });

  it('fails with ENOSPC when the system takes nothing any more and says nothing', async () => {
    const { file } = makeNarrowFile(3, 7);

    await expect(writeFully(file, bytes)).rejects.toMatchObject({
      code: 'ENOSPC',
      message: 'Cannot write file: the system took 7 of 10 bytes',
    });
  });
});

describe('writeDurableFile()', () => {
  it('leaves exactly one private file with the bytes', async () => {
    await using folder = await makeTemporaryFolder();

    await writeDurableFile({ directory: folder.path, name: 'a.json', bytes });

    expect(await readdir(folder.path)).toEqual(['a.json']);
    expect(await readFile(join(folder.path, 'a.json'))).toEqual(bytes);
    expect((await stat(join(folder.path, 'a.json'))).mode & 0o777).toBe(0o600);
  });

  it('replaces a file as a whole', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a.json'), 'something longer than the new bytes');

    await writeDurableFile({ directory: folder.path, name: 'a.json', bytes });

    expect(await readFile(join(folder.path, 'a.json'))).toEqual(bytes);
  });

  it('leaves nothing behind when the name is taken by a folder', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'a.json', 'x'), { recursive: true });

    await expect(writeDurableFile({ directory: folder.path, name: 'a.json', bytes })).rejects.toMatchObject({
      code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST|EPERM/),
    });

    expect(await readdir(folder.path)).toEqual(['a.json']);
  });

  it.skipIf(process.platform === 'win32')(
    'leaves nothing behind when the disk refuses in the middle (a size limit of the process)',
    async () => {
      await using folder = await makeTemporaryFolder();
      const module = new URL('../../../src/disk/durable-file.ts', import.meta.url).href;
      const script = `process.on('SIGXFSZ', () => {});
      const { writeDurableFile } = await import('${module}');
      const outcome = await writeDurableFile({ directory: '.', name: 'big', bytes: Buffer.alloc(1_000_000) }).catch((error) => error.code);
      console.log(outcome);`;
      const program = ['-c', 'ulimit -f 200; exec "$0" --input-type=module -e "$1"', process.execPath, script];

      const { stdout } = await promisify(execFile)('sh', program, {
        cwd: fileURLToPath(new URL(`file://${folder.path}/`)),
      });

      expect(stdout.trim()).toBe('EFBIG');
      expect(await readdir(folder.path)).toEqual([]);
    },
  );

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'fails with EACCES in a folder that is not writable (not as root)',
    async () => {
      await using folder = await makeTemporaryFolder();
      await chmod(folder.path, 0o500);

      await expect(writeDurableFile({ directory: folder.path, name: 'a', bytes })).rejects.toMatchObject({
        code: 'EACCES',
      });
    },
  );
});

describe('ensureDurableDirectory()', () => {
  it('makes all that is missing, private, and does nothing the second time', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a', 'b', 'c');

    await ensureDurableDirectory(path);
    await ensureDurableDirectory(path);

    expect((await stat(path)).isDirectory()).toBe(true);
    expect((await stat(join(folder.path, 'a'))).mode & 0o777).toBe(0o700);
  });

  it('fails where a file is in the way', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), '');

    await expect(ensureDurableDirectory(join(folder.path, 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
