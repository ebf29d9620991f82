import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, documents } from '../support/e2e.ts';
import { eventually, deliveredSerials, dropReport, foldersConfig, namesIn, untilNames } from '../support/intake.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { makeTooDeepFolder } from '../support/too-deep.ts';

// One watch folder for each case.
const FOLDERS = {
  aside: { onDone: 'delete' },
  record: {},
  deep: { recursive: true },
  typo: { converters: ['keysight-i307x'] },
};

describe('a watch folder', () => {
  const test = shareDaemon({
    prepare: async (home) => {
      await home.configure({ intake: foldersConfig(FOLDERS) });
      for (const name of Object.keys(FOLDERS)) await mkdir(join(home.home, name));
    },
  });

  it('never deletes a file that lies where a crash left one: it gets a visible name, and is taken in', async () => {
    const { home } = test;
    const inbox = join(home.home, 'aside');
    // Whatever number the first removal here gets.
    for (let seq = 1; seq <= 20; seq += 1) {
      await writeFile(join(inbox, `.airlock-${seq}.part`), canonicalReport('aside-never-taken'));
    }

    await dropReport(inbox, 'a.json', 'aside-taken');

    await eventually(
      () => deliveredSerials(home.places.delivered),
      (serials) => ['aside-taken', 'aside-never-taken'].every((serial) => serials.includes(serial)),
    );
    await untilNames(inbox, []);
    expect(test.daemon.log()).toContain('a file that was never taken in got a new name');
  });

  it('waits for no FIFO that lies where the record of a failed file belongs', async () => {
    const { home } = test;
    const inbox = join(home.home, 'record');
    const errors = join(inbox, 'Error');
    await mkdir(errors);
    execFileSync('mkfifo', [join(errors, 'bad.json.error.json')]);

    await writeFile(join(inbox, 'bad.json'), '{"schema":"airlock.report/1","kind":"test"}');

    const names = await eventually(
      () => namesIn(errors),
      (found) => found.length === 3,
    );
    const moved = names.find((name) => /^bad\.\d{8}T\d{6}Z-[0-9a-f]{8}\.json$/.test(name));
    expect(names).toContain(`${moved}.error.json`);
    expect(JSON.parse(await readFile(join(errors, `${moved}.error.json`), 'utf8'))).toMatchObject({ file: 'bad.json' });
  });

  it.skipIf(process.platform !== 'linux')('goes on beside a folder inside that no path leads into', async () => {
    const { home } = test;
    const inbox = join(home.home, 'deep');
    using _deep = makeTooDeepFolder(inbox);

    await dropReport(inbox, 'a.json', 'deep-1');
    await home.airlock(['intake', 'rescan', 'deep']);
    await untilNames(join(inbox, 'Done'), ['a.json']);
    await home.airlock(['intake', 'rescan', 'deep']);
    await dropReport(inbox, 'b.json', 'deep-2');
    await untilNames(join(inbox, 'Done'), ['a.json', 'b.json']);

    expect(test.daemon.log()).not.toContain('the watch folder is not there');
  });

  it('whose converter does not exist is a finding, with the one that was meant', async () => {
    const { home } = test;
    const finding = expect.objectContaining({
      severity: 'warning',
      code: 'no_such_name',
      path: 'intake.folders.typo.converters.0',
      suggestion: '"keysight-i3070"',
    });

    const checked = documents((await home.airlock(['config', 'validate', '--json'])).stdout)[0];
    const { config } = await test.client.call('status/get', {});

    expect(checked).toMatchObject({ valid: true, findings: expect.arrayContaining([finding]) });
    expect(config.findings).toEqual(expect.arrayContaining([finding]));
  });
});

// A user namespace of its own has limits of its own. Source: user_namespaces(7), namespaces(7).
const NO_WATCHES = 'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"';
const canLimit = spawnSync('unshare', ['-Ur', 'sh', '-c', NO_WATCHES, 'sh', 'true']).status === 0;

describe('a watch folder of which the system tells no events', () => {
  it.skipIf(!canLimit)('is polled, and says so in status', async () => {
    await using home = await makeTestHome();
    const inbox = join(home.home, 'blind');
    await mkdir(inbox);
    // Without events and without polling a file would be found tomorrow.
    await home.configure({ intake: { rescan: '24 h', ...foldersConfig({ blind: { pollEvery: '1 s' } }) } });
    const entry = join(import.meta.dirname, '../../bin/airlock.cjs');
    const argv = ['-Ur', 'sh', '-c', NO_WATCHES, 'sh', process.execPath, entry, '--home', home.home, 'run'];
    const child = spawn('unshare', argv, { stdio: 'ignore' });
    try {
      await using client = await eventually(
        () => home.connect('local').catch(() => null),
        (found) => found !== null,
      );
      const blind = await eventually(
        async () => client?.call('status/get', {}),
        (found) => found?.reasons.some(({ code }) => code === 'events_lost') === true,
      );

      await dropReport(inbox, 'a.json');
      await untilNames(join(inbox, 'Done'), ['a.json']);

      expect(blind).toMatchObject({
        reasons: expect.arrayContaining([
          {
            code: 'events_lost',
            since: expect.any(String),
            subject: 'blind',
            message: expect.stringContaining('ENOSPC'),
            action: expect.stringContaining('fs.inotify.max_user_watches'),
          },
        ]),
        intake: [expect.objectContaining({ name: 'blind', state: 'watching', reason: 'events_lost' })],
      });
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
});
