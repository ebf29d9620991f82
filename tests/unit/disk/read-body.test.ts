import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../src/disk/read-body.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

describe('readBody()', () => {
  it('gives the bytes of either kind, and the error of the system for a file that is gone', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a.rep');
    await writeFile(path, 'abc');

    const inline = await readBody({ kind: 'inline', bytes: Buffer.from('abc') });
    const file = await readBody({ kind: 'file', path, size: 3 });

    expect(Buffer.from(file).equals(inline)).toBe(true);
    await expect(readBody({ kind: 'file', path: `${path}.gone`, size: 3 })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
