import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { allNamesIn, dropReport, eventually, foldersConfig, namesIn, untilSerials } from '../support/intake.ts';
import { rounds } from '../support/long-tests.ts';

const FILES = rounds({ usual: 60, long: 200 });
/** What the daemon has just logged when it is killed: after how many of these, chance decides. */
const MOMENTS = ['a file was taken in', 'a conversion ended', 'a finished file was put away'];
const KILLS = Array.from({ length: rounds({ usual: 1, long: 4 }) }, () => MOMENTS).flat();

describe(`kill -9 in a burst of ${FILES} files`, () => {
  it('loses and doubles nothing: each is delivered once and lies in Done', async () => {
    await using home = await makeTestHome();
    const [inbox, staged] = [join(home.home, 'inbox'), join(home.home, 'staged')];
    const names = Array.from({ length: FILES }, (_none, index) => `unit-${String(index).padStart(3, '0')}.json`);
    await home.configure({ intake: foldersConfig({ inbox: { settle: '100 ms' } }) });
    for (const folder of [inbox, staged]) await mkdir(folder);
    for (const name of names) await dropReport(staged, name);
    const done = () => namesIn(join(inbox, 'Done'));
    const moments: string[] = [];

    let daemon = await home.start();
    const burst = Promise.all(names.map((name) => rename(join(staged, name), join(inbox, name))));
    for (const text of KILLS) {
      const wanted = 1 + Math.floor((Math.random() * FILES) / 5);
      await eventually(
        async () => ({ seen: daemon.log().split(text).length - 1, done: (await done()).length }),
        (now) => now.seen >= wanted || now.done >= FILES,
      );
      await daemon.end('SIGKILL');
      moments.push(`${wanted} x ${text}, ${(await done()).length} in Done`);
      daemon = await home.start();
    }
    await burst;

    await eventually(done, (found) => found.length >= FILES, { limitMs: 100_000 });
    await untilSerials(home.places.delivered, '', names);
    await using client = await home.connect('local');
    const { today, reasons } = await client.call('status/get', {});
    expect({ done: await allNamesIn(join(inbox, 'Done')), left: await allNamesIn(inbox), moments }).toEqual({
      done: names,
      left: ['Done'],
      moments,
    });
    expect({ submissions: today.submissions, reports: today.reports, reasons }).toEqual({
      submissions: FILES,
      reports: FILES,
      reasons: [],
    });
  });
});
