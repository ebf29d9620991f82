import { appendFile, link, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toSubmissionId } from '../../../src/core/ids.ts';
import { lookAt } from '../../../src/intake/look-at.ts';
import { moveFile } from '../../../src/intake/move-file.ts';
import { asideName, openActionFile, removeExactly, removeLeftover } from '../../../src/intake/post-action-file.ts';
import type { PostAction } from '../../../src/store/types.ts';
import { hash } from '../../../src/store/hash.ts';
import { allNamesIn } from '../../support/intake.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const { signal } = new AbortController();
const TEXT = 'a;b;c';

async function actionFor(root: string, path: string, more: Partial<PostAction> = {}): Promise<PostAction> {
  const found = await lookAt(root, path);
  return {
    seq: 7,
    folder: 'ict',
    path,
    identity: found.kind === 'file' ? found.identity : 'none',
    sha256: hash(TEXT),
    submissionId: toSubmissionId('01970000-0000-7000-8000-0000deadbeef'),
    outcome: 'done',
    converter: null,
    failure: null,
    endedAtUnixMs: Date.UTC(2026, 10, 21, 12, 30, 5),
    attempts: 0,
    ...more,
  };
}

async function openOurs(root: string, action: PostAction) {
  const opened = await openActionFile(root, action, { signal });
  if (opened.kind !== 'ours') throw new Error(`expected our file, got ${opened.kind}`);
  return opened.ours;
}

async function move(root: string, action: PostAction, record: string | null = null): Promise<string> {
  await using ours = await openOurs(root, action);
  return await moveFile(ours, { root, target: join(root, 'Done'), action, record }, { signal });
}

describe('openActionFile()', () => {
  it('gives the file only while size, time, inode and content are those that were taken', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), TEXT);
    const action = await actionFor(folder.path, 'a');

    await using _same = await openOurs(folder.path, action);
    const otherHash = await openActionFile(folder.path, { ...action, sha256: hash('x') }, { signal });
    await appendFile(join(folder.path, 'a'), '!');
    const changed = await openActionFile(folder.path, action, { signal });
    await rename(join(folder.path, 'a'), join(folder.path, 'b'));
    const gone = await openActionFile(folder.path, action, { signal });
    await symlink('b', join(folder.path, 'a'));
    const linked = await openActionFile(folder.path, action, { signal });

    expect([otherHash, changed, gone, linked].map(({ kind }) => kind)).toEqual(['other', 'other', 'other', 'other']);
  });
});

describe('moveFile()', () => {
  it('keeps the folders that the file lay in', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'line'));
    await writeFile(join(folder.path, 'line', 'a.csv'), TEXT);

    const name = await move(folder.path, await actionFor(folder.path, 'line/a.csv'));

    expect(name).toBe('a.csv');
    expect(await readFile(join(folder.path, 'Done', 'line', 'a.csv'), 'utf8')).toBe(TEXT);
    expect(await allNamesIn(join(folder.path, 'line'))).toEqual([]);
  });

  it('never overwrites: time and id go into the name', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, 'Done'));
    await writeFile(join(folder.path, 'Done', 'a.csv'), 'older');
    await writeFile(join(folder.path, 'a.csv'), TEXT);

    const name = await move(folder.path, await actionFor(folder.path, 'a.csv'));

    expect(name).toBe('a.20261121T123005Z-deadbeef.csv');
    expect(await readFile(join(folder.path, 'Done', 'a.csv'), 'utf8')).toBe('older');
  });

  it('goes on where a crash cut it short: both names, or the record without its file', async () => {
    await using folder = await makeTemporaryFolder();
    const done = join(folder.path, 'Done');
    await mkdir(done);
    await writeFile(join(folder.path, 'a'), TEXT);
    const action = await actionFor(folder.path, 'a');
    await writeFile(join(done, 'a.error.json'), 'why\n');
    await link(join(folder.path, 'a'), join(done, 'a'));

    const name = await move(folder.path, action, 'why\n');

    expect([name, await allNamesIn(done), await allNamesIn(folder.path)]).toEqual([
      'a',
      ['a', 'a.error.json'],
      ['Done'],
    ]);
  });

  it('takes another name where the record beside it belongs to another file', async () => {
    await using folder = await makeTemporaryFolder();
    const done = join(folder.path, 'Done');
    await mkdir(done);
    await writeFile(join(done, 'a.error.json'), 'of another\n');
    await writeFile(join(folder.path, 'a'), TEXT);

    const name = await move(folder.path, await actionFor(folder.path, 'a'), 'why\n');

    expect(await allNamesIn(done)).toEqual(['a.error.json', name, `${name}.error.json`].toSorted());
  });

  it('refuses a target that is a link out of the watch folder', async () => {
    await using folder = await makeTemporaryFolder();
    await using elsewhere = await makeTemporaryFolder();
    await symlink(elsewhere.path, join(folder.path, 'Done'));
    await writeFile(join(folder.path, 'a'), TEXT);

    await expect(move(folder.path, await actionFor(folder.path, 'a'))).rejects.toThrow('a link leads out');
    expect([await allNamesIn(elsewhere.path), await allNamesIn(folder.path)]).toEqual([[], ['Done', 'a']]);
  });

  it('leaves a file that was written to after it was read, and only there', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), TEXT);
    const action = await actionFor(folder.path, 'a');
    await using ours = await openOurs(folder.path, action);
    await appendFile(join(folder.path, 'a'), '!');

    const moving = moveFile(
      ours,
      { root: folder.path, target: join(folder.path, 'Done'), action, record: 'why' },
      { signal },
    );

    await expect(moving).rejects.toThrow('written to meanwhile');
    expect([await allNamesIn(folder.path), await allNamesIn(join(folder.path, 'Done'))]).toEqual([['Done', 'a'], []]);
  });
});

describe('removeExactly()', () => {
  it('puts back what took the place of the file', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a');
    await writeFile(path, TEXT);
    const action = await actionFor(folder.path, 'a');
    await using ours = await openOurs(folder.path, action);
    await writeFile(join(folder.path, 'new'), 'new');
    await rename(join(folder.path, 'new'), path);

    const outcome = await removeExactly(ours, action);

    expect([outcome, await readFile(path, 'utf8'), await allNamesIn(folder.path)]).toEqual(['exchanged', 'new', ['a']]);
  });

  it('leaves nothing aside after a crash: the next try removes it', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, asideName({ seq: 7 })), TEXT);

    await removeLeftover(folder.path, { seq: 7, path: 'a' });
    await removeLeftover(folder.path, { seq: 7, path: 'a' });

    expect(await allNamesIn(folder.path)).toEqual([]);
  });
});
