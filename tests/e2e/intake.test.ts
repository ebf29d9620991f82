import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { deliveredSerials, dropReport, untilNames } from '../support/intake.ts';

describe('a watch folder', () => {
  it('takes what is dropped, delivers its report, and moves it to Done', async () => {
    await using home = await makeTestHome();
    const inbox = join(home.home, 'inbox');
    await mkdir(inbox);
    await home.configure({ intake: { folders: { inbox: { path: 'inbox', settle: '100 ms' } } } });
    await home.start();

    await dropReport(inbox, 'one.json', 'SN-1');

    await untilNames(join(inbox, 'Done'), ['one.json']);
    await untilNames(inbox, ['Done']);
    await expect.poll(() => deliveredSerials(home.places.delivered)).toEqual(['SN-1']);
  });
});
