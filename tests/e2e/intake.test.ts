import { spawnSync } from 'node:child_process';
import { chmod, mkdir, open, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, documents } from '../support/e2e.ts';
import {
  allNamesIn,
  dropReport,
  eventually,
  foldersConfig,
  namesIn,
  untilNames,
  untilSerials,
} from '../support/intake.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const MIB = 1024 ** 2;
const MAX_INPUT_BYTES = 4 * MIB;
/** One watch folder for each case, so that one daemon does for all; each settles fast. */
const FOLDERS = {
  taken: {},
  large: {},
  odd: { include: ['*.json'] },
  failing: {},
  again: {},
  kept: { onDone: 'keep' },
  deleted: { onDone: 'delete' },
  away: {},
  linked: {},
  huge: {},
  unreadable: {},
} as const;
type Folder = keyof typeof FOLDERS;

async function listFolder(home: TestHome, wanted: string) {
  await using client = await home.connect('local');
  const folder = (await client.call('intake/list', {})).folders.find(({ name }) => name === wanted);
  if (folder === undefined) throw new Error('there is no such watch folder');
  return folder;
}

describe('a watch folder', () => {
  const test = shareDaemon({
    prepare: async (home) => {
      await home.configure({
        sandbox: { limits: { input: '4 MiB' } },
        intake: foldersConfig(FOLDERS),
      });
      for (const name of Object.keys(FOLDERS)) if (name !== 'away') await mkdir(join(home.home, name));
      await dropReport(join(home.home, 'taken'), 'taken-before.json');
      const odd = join(home.home, 'odd');
      await dropReport(odd, 'half.json.tmp');
      await dropReport(odd, '.hidden.json');
      await dropReport(home.home, 'outside.json');
      await symlink(join(home.home, 'outside.json'), join(odd, 'link.json'));
      spawnSync('mkfifo', [join(odd, 'pipe.json')]);
      await mkdir(join(odd, 'folder.json'));
    },
  });
  const at = (folder: Folder, ...names: readonly string[]): string => join(test.home.home, folder, ...names);
  const list = (folder: Folder) => listFolder(test.home, folder);
  const submissionsOf = async (name: string) =>
    (await test.client.call('submission/list', {})).items.filter((item) => item.name === name);

  it('takes what was there before, what is renamed into place and what is written slowly, and moves it to Done', async () => {
    const names = ['taken-before.json', 'taken-renamed.json', 'taken-slow.json'];
    await untilNames(at('taken', 'Done'), ['taken-before.json']);

    await dropReport(test.home.home, 'taken-renamed.json');
    await rename(join(test.home.home, 'taken-renamed.json'), at('taken', 'taken-renamed.json'));
    {
      const text = canonicalReport('taken-slow.json');
      await using slow = await open(at('taken', 'taken-slow.json'), 'w');
      for (let offset = 0; offset < text.length; offset += 40) {
        await slow.write(text.slice(offset, offset + 40));
        // Another look of the daemon's own between two pieces: what is half written must not be taken.
        if (offset % 120 === 0) await list('taken');
      }
    }

    await untilNames(at('taken', 'Done'), names);
    await untilNames(at('taken'), ['Done']);
    await untilSerials(test.home.places.delivered, 'taken-', names);
  });

  it('takes a file of 3 MiB as it takes a small one', async () => {
    const report: object = JSON.parse(canonicalReport('SN-large'));

    await writeFile(at('large', 'large.json'), `${JSON.stringify(report)}${' '.repeat(3 * MIB)}`);

    await untilNames(at('large', 'Done'), ['large.json']);
    await untilSerials(test.home.places.delivered, 'SN-large', ['SN-large']);
  });

  it('leaves temporary names, links, FIFOs and folders alone, and shows what it never opens once', async () => {
    await dropReport(at('odd'), 'real.json');

    await untilNames(at('odd', 'Done'), ['real.json']);
    await test.home.airlock(['intake', 'rescan', 'odd']);
    const { odd } = await eventually(
      () => list('odd'),
      (folder) => folder.odd.length === 3,
    );

    expect(odd.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'folder.json', what: 'folder' },
      { path: 'link.json', what: 'link' },
      { path: 'pipe.json', what: 'fifo' },
    ]);
    expect(await allNamesIn(at('odd'))).toEqual(
      ['.hidden.json', 'Done', 'folder.json', 'half.json.tmp', 'link.json', 'pipe.json'].toSorted(),
    );
    expect(test.daemon.log().match(/this is no regular file/g)).toHaveLength(3);
  });

  it('puts what cannot be converted into Error, with the reason beside it, and takes it anew when it is dropped again', async () => {
    const errors = at('failing', 'Error');

    await writeFile(at('failing', 'bad.json'), '{"schema":"airlock.report/1","kind":"test"}');
    await untilNames(errors, ['bad.json', 'bad.json.error.json']);
    const record: unknown = JSON.parse(await readFile(join(errors, 'bad.json.error.json'), 'utf8'));
    await untilNames(at('failing'), ['Error']);
    await writeFile(at('failing', 'bad.json'), '{"schema":"airlock.report/1","kind":"test"}');
    await eventually(
      () => namesIn(errors),
      (names) => names.length === 4,
    );

    expect(record).toMatchObject({
      schemaVersion: 1,
      folder: 'failing',
      file: 'bad.json',
      submissionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      code: expect.any(String),
      reason: expect.any(String),
      place: { file: null },
    });
    expect(await submissionsOf('bad.json')).toHaveLength(2);
    expect(await list('failing')).toMatchObject({ failed: 1, done: 0, failures: [{ path: 'bad.json' }] });
  });

  it('makes no second report of the same file, but puts it away beside the first without overwriting it', async () => {
    const untilDone = (count: number) =>
      eventually(
        () => namesIn(at('again', 'Done')),
        (names) => names.length === count,
      );
    await dropReport(at('again'), 'again.json', 'again-1');
    await untilNames(at('again', 'Done'), ['again.json']);
    await untilNames(at('again'), ['Done']);

    await dropReport(at('again'), 'again.json', 'again-1');
    await untilDone(2);
    await untilNames(at('again'), ['Done']);
    await dropReport(at('again'), 'again.json', 'again-2');
    const names = await untilDone(3);

    await untilSerials(test.home.places.delivered, 'again-', ['again-1', 'again-2']);
    expect(names.filter((name) => /^again\.\d{8}T\d{6}Z-[0-9a-f]{8}\.json$/.test(name))).toHaveLength(2);
    expect(await submissionsOf('again.json')).toHaveLength(2);
  });

  it('keeps or deletes finished files where that is wanted, and takes a kept one that changed', async () => {
    await dropReport(at('kept'), 'a.json', 'kept-1');
    await dropReport(at('deleted'), 'a.json', 'deleted-1');
    await untilSerials(test.home.places.delivered, 'kept-', ['kept-1']);
    await untilSerials(test.home.places.delivered, 'deleted-', ['deleted-1']);
    await untilNames(at('deleted'), []);
    await dropReport(at('kept'), 'a.json', 'kept-2');
    await untilSerials(test.home.places.delivered, 'kept-', ['kept-1', 'kept-2']);

    expect(await allNamesIn(at('kept'))).toEqual(['a.json']);
    expect(await allNamesIn(at('deleted'))).toEqual([]);
  });

  it('is shown as missing while it is away, and goes on when it returns', async () => {
    const away = documents((await test.home.airlock(['status', '--json'])).stdout)[0];
    await mkdir(at('away'));
    await dropReport(at('away'), 'away-a.json');
    await untilNames(at('away', 'Done'), ['away-a.json']);
    await rename(at('away'), `${at('away')}.away`);
    await eventually(
      () => list('away'),
      ({ state }) => state === 'missing',
    );
    await mkdir(at('away'));
    await dropReport(at('away'), 'away-b.json');

    await untilNames(at('away', 'Done'), ['away-b.json']);
    expect(away).toMatchObject({
      state: 'degraded',
      reasons: expect.arrayContaining([expect.objectContaining({ code: 'folder_missing', subject: 'away' })]),
      intake: expect.arrayContaining([
        expect.objectContaining({ name: 'away', state: 'missing', reason: 'ENOENT' }),
        expect.objectContaining({ name: 'taken', state: 'watching', reason: null }),
      ]),
      config: { findings: [expect.objectContaining({ code: 'no_such_folder', severity: 'warning' })] },
    });
  });

  it('never follows a link out of its folder: the file stays, the reason is shown, and it is moved once that is mended', async () => {
    const elsewhere = join(test.home.home, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, at('linked', 'Done'));

    await dropReport(at('linked'), 'linked.json');
    const failing = await eventually(
      () => list('linked'),
      ({ firstFailing }) => firstFailing !== null,
    );
    const { stdout } = await test.home.airlock(['intake', 'list']);
    const status = documents((await test.home.airlock(['status', '--json'])).stdout)[0];
    await rm(at('linked', 'Done'));

    await untilNames(at('linked', 'Done'), ['linked.json']);
    expect(failing.firstFailing).toMatchObject({ path: 'linked.json', error: expect.stringContaining('link') });
    expect(stdout).toContain('cannot be put away: linked.json');
    expect(status).toMatchObject({
      reasons: expect.arrayContaining([expect.objectContaining({ code: 'post_action_failed' })]),
    });
    expect(await allNamesIn(elsewhere)).toEqual([]);
  });

  it('puts a file aside that is larger than any converter gets', async () => {
    await writeFile(at('huge', 'huge.json'), '');
    await truncate(at('huge', 'huge.json'), MAX_INPUT_BYTES + 1);

    await untilNames(at('huge', 'Error'), ['huge.json', 'huge.json.error.json']);
    const record: unknown = JSON.parse(await readFile(at('huge', 'Error', 'huge.json.error.json'), 'utf8'));
    expect(record).toMatchObject({ code: 'too_large', submissionId: null });
  });

  it.skipIf(process.getuid?.() === 0)('shows a file that it may not read, and takes it once it may', async () => {
    await dropReport(test.home.home, 'unreadable.json');
    await chmod(join(test.home.home, 'unreadable.json'), 0o000);
    await rename(join(test.home.home, 'unreadable.json'), at('unreadable', 'unreadable.json'));

    await eventually(
      () => list('unreadable'),
      ({ unreadable }) => unreadable.includes('unreadable.json'),
    );
    await chmod(at('unreadable', 'unreadable.json'), 0o600);

    await untilNames(at('unreadable', 'Done'), ['unreadable.json']);
  });
});

describe('a watch folder of a daemon with a small queue', () => {
  it('leaves files where they are while the queue is full, says so, and takes them when there is room', async () => {
    await using home = await makeTestHome();
    const inbox = join(home.home, 'inbox');
    await mkdir(inbox);
    const intake = foldersConfig({ inbox: {} });
    await home.configure({
      intake,
      queue: { maxItems: 2 },
      destinations: { folder: { type: 'directory', enabled: false } },
    });
    const daemon = await home.start();
    const names = ['a.json', 'b.json', 'c.json', 'd.json'];
    for (const name of names) await dropReport(inbox, name);

    const full = await eventually(
      () => listFolder(home, 'inbox'),
      ({ reason, done }) => reason === 'queue_full: count' && done === 2,
    );
    await daemon.end('SIGTERM');
    await home.configure({ intake });
    await home.start();

    expect(full.waiting).toBe(2);
    await untilNames(join(inbox, 'Done'), names);
    await untilSerials(home.places.delivered, '', names);
  });
});
