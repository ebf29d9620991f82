import { appendFile, link, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asideName, removeExactly, removeLeftover } from '../../../src/intake/remove-file.ts';
import { allNamesIn } from '../../support/intake.ts';
import { actionFor, makeListeningLogger, openOurs, TEXT } from '../../support/post-action.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const ASIDE = asideName({ seq: 7 });

/** A folder with a file that an action is about, set aside as a try does that is cut short. */
async function makeLeftover() {
  const folder = await makeTemporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(at('a.csv'), TEXT);
  const action = await actionFor(folder.path, 'a.csv');
  await rename(at('a.csv'), at(ASIDE));
  return {
    root: folder.path,
    at,
    action,
    ...makeListeningLogger(),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe('removeExactly()', () => {
  it('removes the file of the action', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), TEXT);
    const action = await actionFor(folder.path, 'a');
    await using ours = await openOurs(folder.path, action);

    expect([await removeExactly(makeListeningLogger(), ours, action), await allNamesIn(folder.path)]).toEqual([
      'removed',
      [],
    ]);
  });

  it('puts back what took the place of the file', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a');
    await writeFile(path, TEXT);
    const action = await actionFor(folder.path, 'a');
    await using ours = await openOurs(folder.path, action);
    await writeFile(join(folder.path, 'new'), 'new');
    await rename(join(folder.path, 'new'), path);

    const outcome = await removeExactly(makeListeningLogger(), ours, action);

    expect([outcome, await readFile(path, 'utf8'), await allNamesIn(folder.path)]).toEqual(['exchanged', 'new', ['a']]);
  });

  it('puts back a file that was written to since it was opened', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a');
    await writeFile(path, TEXT);
    const action = await actionFor(folder.path, 'a');
    await using ours = await openOurs(folder.path, action);
    await appendFile(path, '!');

    const outcome = await removeExactly(makeListeningLogger(), ours, action);

    expect([outcome, await readFile(path, 'utf8'), await allNamesIn(folder.path)]).toEqual([
      'changed',
      `${TEXT}!`,
      ['a'],
    ]);
  });
});

describe('removeLeftover()', () => {
  it('puts a file with a long name back under one that is none too long', async () => {
    await using folder = await makeTemporaryFolder();
    const path = `${'n'.repeat(251)}.csv`;
    await writeFile(join(folder.path, path), 'of another');
    await writeFile(join(folder.path, ASIDE), 'never taken');

    await removeLeftover(makeListeningLogger(), folder.path, { seq: 7, path, identity: '1:1:1' });

    expect(await readFile(join(folder.path, `${'n'.repeat(240)}.put-back-7.csv`), 'utf8')).toBe('never taken');
  });

  it('removes the file of the action that a crash left aside, once', async () => {
    await using left = await makeLeftover();

    const first = await removeLeftover(left, left.root, left.action);
    const second = await removeLeftover(left, left.root, left.action);

    expect([first, second, await allNamesIn(left.root)]).toEqual(['removed', 'none', []]);
  });

  it('puts back a file that was never taken in', async () => {
    await using left = await makeLeftover();
    await writeFile(left.at('other'), 'never taken in');
    await rename(left.at('other'), left.at(ASIDE));

    await removeLeftover(left, left.root, left.action);

    expect([await allNamesIn(left.root), left.messages]).toEqual([['a.csv'], []]);
    expect(await readFile(left.at('a.csv'), 'utf8')).toBe('never taken in');
  });

  it('puts back a file that was written to while it lay aside', async () => {
    await using left = await makeLeftover();
    await appendFile(left.at(ASIDE), '!');

    await removeLeftover(left, left.root, left.action);

    expect([await allNamesIn(left.root), await readFile(left.at('a.csv'), 'utf8')]).toEqual([['a.csv'], `${TEXT}!`]);
  });

  it('gives it a visible name, and says so, where its own is taken', async () => {
    await using left = await makeLeftover();
    await appendFile(left.at(ASIDE), '!');
    await writeFile(left.at('a.csv'), 'a third one');
    await writeFile(left.at('a.put-back-7.csv'), 'a fourth one');

    await removeLeftover(left, left.root, left.action);

    expect(await allNamesIn(left.root)).toEqual(['a.csv', 'a.put-back-7-2.csv', 'a.put-back-7.csv']);
    expect(await readFile(left.at('a.csv'), 'utf8')).toBe('a third one');
    expect(await readFile(left.at('a.put-back-7-2.csv'), 'utf8')).toBe(`${TEXT}!`);
    expect(left.messages).toEqual(['a file that was never taken in got a new name']);
  });

  it.each(['a.csv', 'a.put-back-7.csv'])('finishes a putting back that was cut short at %s', async (name) => {
    await using left = await makeLeftover();
    await appendFile(left.at(ASIDE), '!');
    if (name !== 'a.csv') await writeFile(left.at('a.csv'), 'a third one');
    await link(left.at(ASIDE), left.at(name));

    await removeLeftover(left, left.root, left.action);

    expect(await allNamesIn(left.root)).toEqual([...new Set(['a.csv', name])]);
  });

  it('puts back a link without following it', async () => {
    await using left = await makeLeftover();
    await writeFile(left.at('elsewhere'), 'not ours');
    await symlink('elsewhere', left.at('link'));
    await rename(left.at('link'), left.at(ASIDE));

    await removeLeftover(left, left.root, left.action);

    expect(await allNamesIn(left.root)).toEqual(['a.csv', 'elsewhere']);
  });
});
