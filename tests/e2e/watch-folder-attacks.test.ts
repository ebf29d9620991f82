import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalReport } from '../support/e2e.ts';
import { allNamesIn, deliveredSerials, dropReport, eventually, foldersConfig, untilNames } from '../support/intake.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const LONG_NAME = `${'n'.repeat(245)}.json`;

describe('a watch folder', () => {
  const test = shareDaemon({
    prepare: async (home) => {
      const at = (name: string): string => join(home.home, name);
      // One watch folder for each case; no case is helped by a rescan that it did not ask for.
      await home.configure({
        queue: { maxBytes: '100 KiB' },
        intake: {
          rescan: '1 h',
          ...foldersConfig({
            large: {},
            linked: {},
            named: { recursive: true, doneFolder: at('named-really/Done') },
            long: {},
            odd: {},
          }),
        },
      });
      for (const name of ['large', 'linked-really', 'named-really', 'long', 'odd']) await mkdir(at(name));
      for (const name of ['linked', 'named']) await symlink(at(`${name}-really`), at(name));
    },
  });

  it('puts a file aside that is larger than the whole queue, and goes on', async () => {
    const inbox = join(test.home.home, 'large');

    await writeFile(join(inbox, 'large.json'), 'x'.repeat(100 * 1024 + 1));
    await untilNames(join(inbox, 'Error'), ['large.json', 'large.json.error.json']);
    await dropReport(inbox, 'next.json', 'large-next');
    await untilNames(join(inbox, 'Done'), ['next.json']);

    const record: unknown = JSON.parse(await readFile(join(inbox, 'Error', 'large.json.error.json'), 'utf8'));
    expect(record).toMatchObject({ code: 'too_large', file: 'large.json' });
  });

  it('that is reached through a link hears of a new file at once', async () => {
    const real = join(test.home.home, 'linked-really');
    // Whatever found the first one: the second can be found by an event only.
    await dropReport(real, 'a.json', 'linked-1');
    await untilNames(join(real, 'Done'), ['a.json']);

    await dropReport(real, 'b.json', 'linked-2');

    await untilNames(join(real, 'Done'), ['a.json', 'b.json']);
  });

  it('never takes what lies in its target folder, by whatever name both are reached', async () => {
    const { home } = test;
    const real = join(home.home, 'named-really');
    await dropReport(real, 'a.json', 'named-1');
    await untilNames(join(real, 'Done'), ['a.json']);

    for (const name of ['b.json', 'c.json']) {
      await home.airlock(['intake', 'rescan', 'named']);
      await dropReport(real, name, `named-${name}`);
      await eventually(
        () => readdir(join(real, 'Done')),
        (names) => names.includes(name),
      );
    }

    expect(await allNamesIn(join(real, 'Done'))).toEqual(['a.json', 'b.json', 'c.json']);
    expect((await test.client.call('intake/list', {})).folders).toContainEqual(
      expect.objectContaining({ name: 'named', done: 3, failed: 0 }),
    );
  });

  it('puts files with names of 250 bytes away: beside one of the same name, and with the reason beside them', async () => {
    const { home } = test;
    const inbox = join(home.home, 'long');
    const untilCount = (folder: string, count: number) =>
      eventually(
        () => readdir(join(inbox, folder)).catch(() => []),
        (names) => names.length === count,
      );

    // Found by a rescan: this is about names, not about events.
    const drop = async (text: string): Promise<void> => {
      // Until it has gone, the one before has a name here and one in Done: writing to it would be to both.
      await eventually(
        () => readdir(inbox),
        (names) => !names.includes(LONG_NAME),
      );
      await writeFile(join(inbox, LONG_NAME), text);
      await test.client.call('intake/rescan', { folder: 'long' });
    };

    await drop(canonicalReport('long-1'));
    await untilCount('Done', 1);
    await drop(canonicalReport('long-2'));
    await untilCount('Done', 2);
    await drop('{}');
    await untilCount('Error', 2);

    const [file = '', record = ''] = (await readdir(join(inbox, 'Error'))).toSorted((a, b) => a.length - b.length);
    expect(record).toBe(`${file}.error.json`);
    expect(JSON.parse(await readFile(join(inbox, 'Error', record), 'utf8'))).toMatchObject({ file: LONG_NAME });
    const serials = await deliveredSerials(home.places.delivered);
    expect(serials.filter((serial) => serial.startsWith('long-'))).toEqual(['long-1', 'long-2']);
  });

  it.skipIf(process.platform === 'win32')('shows what is never opened as long as it lies there', async () => {
    const { home, client } = test;
    const pipe = join(home.home, 'odd', 'pipe.json');
    const odd = async () => (await client.call('intake/list', {})).folders.find(({ name }) => name === 'odd')?.odd;
    spawnSync('mkfifo', [pipe]);
    await client.call('intake/rescan', { folder: 'odd' });
    await eventually(odd, (found) => found?.length === 1);

    await rm(pipe);
    await client.call('intake/rescan', { folder: 'odd' });

    expect(await eventually(odd, (found) => found?.length === 0)).toEqual([]);
  });
});
