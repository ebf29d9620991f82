import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
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

// A user namespace of its own has limits of its own, and a user without rights. Source: user_namespaces(7), namespaces(7).
const NO_WATCHES = ['-Ur', 'sh', '-c', 'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"', 'sh'];
const NO_RIGHTS = ['-U', '--map-user=1000', '--map-group=1000'];
const canUnshare = (how: readonly string[]): boolean => spawnSync('unshare', [...how, 'true']).status === 0;

/** A daemon in a user namespace, and a client of it; disposing ends it. */
async function startApart(home: TestHome, how: readonly string[]) {
  const entry = join(import.meta.dirname, '../../bin/airlock.cjs');
  const argv = [...how, process.execPath, entry, '--home', home.home, 'run'];
  const child = spawn('unshare', argv, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await using starting = new AsyncDisposableStack();
  starting.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const client = await eventually(
    () => home.connect('local').catch(() => null),
    (found) => found !== null,
  );
  starting.use(client);
  const untilReason = (code: string) =>
    eventually(
      async () => client?.call('status/get', {}),
      (found) => found?.reasons.some((reason) => reason.code === code) === true,
    );
  const running = starting.move();
  return { untilReason, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

describe('a watch folder of a daemon in a user namespace', () => {
  it.skipIf(!canUnshare(NO_WATCHES))('is polled where the system tells no events, and says so in status', async () => {
    await using home = await makeTestHome();
    const inbox = join(home.home, 'blind');
    await mkdir(inbox);
    // Without events and without polling a file would be found tomorrow.
    await home.configure({ intake: { rescan: '24 h', ...foldersConfig({ blind: { pollEvery: '1 s' } }) } });
    await using daemon = await startApart(home, NO_WATCHES);

    const status = await daemon.untilReason('events_lost');
    await dropReport(inbox, 'a.json');
    await untilNames(join(inbox, 'Done'), ['a.json']);

    expect(status).toMatchObject({
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
  });

  it.skipIf(!canUnshare(NO_RIGHTS))(
    'names a file that it may not read in status, and takes it once it may',
    async () => {
      await using home = await makeTestHome();
      const inbox = join(home.home, 'closed');
      await mkdir(inbox);
      await home.configure({ intake: foldersConfig({ closed: {} }) });
      await dropReport(inbox, 'a.json');
      await chmod(join(inbox, 'a.json'), 0o000);
      await using daemon = await startApart(home, NO_RIGHTS);

      const status = await daemon.untilReason('file_unreadable');
      await chmod(join(inbox, 'a.json'), 0o600);
      await untilNames(join(inbox, 'Done'), ['a.json']);

      expect(status?.reasons).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            code: 'file_unreadable',
            subject: 'closed',
            message: '1 file(s) cannot be opened for reading, one of them "a.json"',
          }),
        ]),
      );
    },
  );
});
