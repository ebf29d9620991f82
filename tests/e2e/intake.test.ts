import { spawnSync } from 'node:child_process';
import { chmod, mkdir, open, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AirlockConfigInput } from '../../src/config/schema/root.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, documents } from '../support/e2e.ts';
import { allNamesIn, deliveredSerials, dropReport, eventually, namesIn, untilNames } from '../support/intake.ts';

type FolderInput = NonNullable<NonNullable<AirlockConfigInput['intake']>['folders']>[string];

/** A home with one watch folder, `inbox`, that settles fast. */
async function makeInbox(
  folder: Partial<FolderInput> = {},
  more: AirlockConfigInput = {},
): Promise<{ readonly home: TestHome; readonly inbox: string } & AsyncDisposable> {
  const home = await makeTestHome();
  const inbox = join(home.home, 'inbox');
  await mkdir(inbox);
  const { intake, ...rest } = more;
  await home.configure({
    ...rest,
    intake: { ...intake, folders: { inbox: { path: 'inbox', settle: '200 ms', ...folder } } },
  });
  return { home, inbox, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

async function listFolder(home: TestHome) {
  await using client = await home.connect('local');
  const [folder] = (await client.call('intake/list', {})).folders;
  if (folder === undefined) throw new Error('there is no watch folder');
  return folder;
}

const untilSerials = (home: TestHome, serials: readonly string[]) =>
  eventually(
    () => deliveredSerials(home.places.delivered),
    (found) => JSON.stringify(found) === JSON.stringify(serials.toSorted()),
  );

describe('a watch folder', () => {
  it('takes what was there before, what is renamed into place and what is written slowly, and moves it to Done', async () => {
    await using test = await makeInbox();
    const { home, inbox } = test;
    await dropReport(inbox, 'before.json');
    await home.start();
    await untilNames(join(inbox, 'Done'), ['before.json']);

    await dropReport(home.home, 'renamed.json');
    await rename(join(home.home, 'renamed.json'), join(inbox, 'renamed.json'));
    {
      const text = canonicalReport('slow.json');
      await using slow = await open(join(inbox, 'slow.json'), 'w');
      for (let at = 0; at < text.length; at += 40) {
        await slow.write(text.slice(at, at + 40));
        // Another look of the daemon's own between two pieces: what is half written must not be taken.
        if (at % 120 === 0) await listFolder(home);
      }
    }

    await untilNames(join(inbox, 'Done'), ['before.json', 'renamed.json', 'slow.json']);
    await untilNames(inbox, ['Done']);
    await untilSerials(home, ['before.json', 'renamed.json', 'slow.json']);
  });

  it('takes a file of 3 MiB as it takes a small one', async () => {
    await using test = await makeInbox();
    const { home, inbox } = test;
    await home.start();
    const report: object = JSON.parse(canonicalReport('SN-large'));

    await writeFile(join(inbox, 'large.json'), `${JSON.stringify(report)}${' '.repeat(3 * 1024 ** 2)}`);

    await untilNames(join(inbox, 'Done'), ['large.json']);
    await untilSerials(home, ['SN-large']);
  });

  it('leaves temporary names, links, FIFOs and folders alone, and shows what it never opens once', async () => {
    await using test = await makeInbox({ include: ['*.json'] });
    const { home, inbox } = test;
    await dropReport(inbox, 'half.json.tmp');
    await dropReport(inbox, '.hidden.json');
    await dropReport(home.home, 'outside.json');
    await symlink(join(home.home, 'outside.json'), join(inbox, 'link.json'));
    spawnSync('mkfifo', [join(inbox, 'pipe.json')]);
    await mkdir(join(inbox, 'folder.json'));
    await dropReport(inbox, 'real.json');
    const daemon = await home.start();

    await untilNames(join(inbox, 'Done'), ['real.json']);
    await home.airlock(['intake', 'rescan', 'inbox']);
    const { odd } = await eventually(
      () => listFolder(home),
      (folder) => folder.odd.length === 3,
    );

    expect(odd.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'folder.json', what: 'folder' },
      { path: 'link.json', what: 'link' },
      { path: 'pipe.json', what: 'fifo' },
    ]);
    expect(await allNamesIn(inbox)).toEqual(
      ['.hidden.json', 'Done', 'folder.json', 'half.json.tmp', 'link.json', 'pipe.json'].toSorted(),
    );
    expect(daemon.log().match(/this is no regular file/g)).toHaveLength(3);
  });

  it('puts what cannot be converted into Error, with the reason beside it, and takes it anew when it is dropped again', async () => {
    await using test = await makeInbox();
    const { home, inbox } = test;
    await home.start();
    const errors = join(inbox, 'Error');

    await writeFile(join(inbox, 'bad.json'), '{"schema":"airlock.report/1","kind":"test"}');
    await untilNames(errors, ['bad.json', 'bad.json.error.json']);
    const record: unknown = JSON.parse(await readFile(join(errors, 'bad.json.error.json'), 'utf8'));
    await untilNames(inbox, ['Error']);
    await writeFile(join(inbox, 'bad.json'), '{"schema":"airlock.report/1","kind":"test"}');
    await eventually(
      () => namesIn(errors),
      (names) => names.length === 4,
    );

    expect(record).toMatchObject({
      schemaVersion: 1,
      folder: 'inbox',
      file: 'bad.json',
      submissionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      code: expect.any(String),
      reason: expect.any(String),
      place: { file: null },
    });
    await using client = await home.connect('local');
    expect((await client.call('submission/list', {})).items).toHaveLength(2);
    expect(await listFolder(home)).toMatchObject({ failed: 1, done: 0, failures: [{ path: 'bad.json' }] });
  });

  it('makes no second report of the same file, but puts it away beside the first without overwriting it', async () => {
    await using test = await makeInbox();
    const { home, inbox } = test;
    await home.start();
    await dropReport(inbox, 'a.json', 'SN-1');
    await untilNames(join(inbox, 'Done'), ['a.json']);
    await untilNames(inbox, ['Done']);

    await dropReport(inbox, 'a.json', 'SN-1');
    await eventually(
      () => namesIn(join(inbox, 'Done')),
      (names) => names.length === 2,
    );
    await untilNames(inbox, ['Done']);
    await dropReport(inbox, 'a.json', 'SN-2');
    await eventually(
      () => namesIn(join(inbox, 'Done')),
      (names) => names.length === 3,
    );

    await untilSerials(home, ['SN-1', 'SN-2']);
    expect(
      (await namesIn(join(inbox, 'Done'))).filter((name) => /^a\.\d{8}T\d{6}Z-[0-9a-f]{8}\.json$/.test(name)),
    ).toHaveLength(2);
    await using client = await home.connect('local');
    expect((await client.call('submission/list', {})).items).toHaveLength(2);
  });

  it('keeps or deletes finished files where that is wanted, and takes a kept one that changed', async () => {
    await using kept = await makeInbox({ onDone: 'keep' });
    await using deleted = await makeInbox({ onDone: 'delete' });
    await Promise.all([kept.home.start(), deleted.home.start()]);

    await dropReport(kept.inbox, 'a.json', 'SN-1');
    await dropReport(deleted.inbox, 'a.json', 'SN-1');
    await untilSerials(kept.home, ['SN-1']);
    await untilSerials(deleted.home, ['SN-1']);
    await untilNames(deleted.inbox, []);
    await dropReport(kept.inbox, 'a.json', 'SN-2');
    await untilSerials(kept.home, ['SN-1', 'SN-2']);

    expect(await allNamesIn(kept.inbox)).toEqual(['a.json']);
    expect(await allNamesIn(deleted.inbox)).toEqual([]);
  });

  it('leaves files where they are while the queue is full, says so, and takes them when there is room', async () => {
    await using test = await makeInbox(
      {},
      { queue: { maxItems: 2 }, destinations: { folder: { type: 'directory', enabled: false } } },
    );
    const { home, inbox } = test;
    const daemon = await home.start();
    const names = ['a.json', 'b.json', 'c.json', 'd.json'];
    for (const name of names) await dropReport(inbox, name);

    const full = await eventually(
      () => listFolder(home),
      ({ reason, done }) => reason === 'queue_full: count' && done === 2,
    );
    await daemon.end('SIGTERM');
    await home.configure({ intake: { folders: { inbox: { path: 'inbox', settle: '200 ms' } } } });
    await home.start();

    expect(full.waiting).toBe(2);
    await untilNames(join(inbox, 'Done'), names);
    await untilSerials(home, names);
  });

  it('is shown as missing while it is away, and goes on when it returns', async () => {
    await using test = await makeInbox();
    const { home, inbox } = test;
    await rm(inbox, { recursive: true });
    await home.start();

    const away = documents((await home.airlock(['status', '--json'])).stdout)[0];
    await mkdir(inbox);
    await dropReport(inbox, 'a.json');
    await untilNames(join(inbox, 'Done'), ['a.json']);
    await rename(inbox, `${inbox}.away`);
    await eventually(
      () => listFolder(home),
      ({ state }) => state === 'missing',
    );
    await mkdir(inbox);
    await dropReport(inbox, 'b.json');

    await untilNames(join(inbox, 'Done'), ['b.json']);
    expect(away).toMatchObject({
      state: 'degraded',
      reasons: [expect.objectContaining({ code: 'folder_missing', subject: 'inbox' })],
      intake: [expect.objectContaining({ name: 'inbox', state: 'missing', reason: 'ENOENT' })],
      config: { findings: [expect.objectContaining({ code: 'no_such_folder', severity: 'warning' })] },
    });
  });

  it('never follows a link out of its folder: the file stays, the reason is shown, and it is moved once that is mended', async () => {
    await using test = await makeInbox();
    const { home, inbox } = test;
    const elsewhere = join(home.home, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, join(inbox, 'Done'));
    await home.start();

    await dropReport(inbox, 'a.json');
    const failing = await eventually(
      () => listFolder(home),
      ({ firstFailing }) => firstFailing !== null,
    );
    const { stdout } = await home.airlock(['intake', 'list']);
    const status = documents((await home.airlock(['status', '--json'])).stdout)[0];
    await rm(join(inbox, 'Done'));

    await untilNames(join(inbox, 'Done'), ['a.json']);
    expect(failing.firstFailing).toMatchObject({ path: 'a.json', error: expect.stringContaining('link') });
    expect(stdout).toContain('cannot be put away: a.json');
    expect(status).toMatchObject({ reasons: [expect.objectContaining({ code: 'post_action_failed' })] });
    expect(await allNamesIn(elsewhere)).toEqual([]);
  });

  it('puts a file aside that is larger than any converter gets', async () => {
    await using test = await makeInbox({}, { sandbox: { limits: { input: '1 MiB' } } });
    const { home, inbox } = test;
    await home.start();

    await writeFile(join(inbox, 'huge.json'), '');
    await truncate(join(inbox, 'huge.json'), 1024 ** 2 + 1);

    await untilNames(join(inbox, 'Error'), ['huge.json', 'huge.json.error.json']);
    const record: unknown = JSON.parse(await readFile(join(inbox, 'Error', 'huge.json.error.json'), 'utf8'));
    expect(record).toMatchObject({ code: 'too_large', submissionId: null });
  });

  it.skipIf(process.getuid?.() === 0)('shows a file that it may not read, and takes it once it may', async () => {
    await using test = await makeInbox();
    const { home, inbox } = test;
    await dropReport(inbox, 'a.json');
    await chmod(join(inbox, 'a.json'), 0o000);
    await home.start();

    await eventually(
      () => listFolder(home),
      ({ unreadable }) => unreadable.includes('a.json'),
    );
    await chmod(join(inbox, 'a.json'), 0o600);

    await untilNames(join(inbox, 'Done'), ['a.json']);
  });
});

describe('kill -9 in a burst of 200 files', () => {
  it('loses and doubles nothing: each is delivered once and lies in Done', async () => {
    await using test = await makeInbox({ settle: '100 ms' });
    const { home, inbox } = test;
    const names = Array.from({ length: 200 }, (_none, index) => `unit-${String(index).padStart(3, '0')}.json`);
    const staged = join(home.home, 'staged');
    await mkdir(staged);
    for (const name of names) await dropReport(staged, name);
    const count = (log: string, text: string): number => log.split(text).length - 1;
    const moments: string[] = [];

    let daemon = await home.start();
    const burst = Promise.all(names.map((name) => rename(join(staged, name), join(inbox, name))));
    for (const text of [
      'a file was taken in',
      'a conversion ended',
      'a finished file was put away',
      'a file was taken in',
    ]) {
      const wanted = 1 + Math.floor(Math.random() * 40);
      await eventually(
        () => count(daemon.log(), text),
        (seen) => seen >= wanted || count(daemon.log(), 'a finished file was put away') >= names.length,
      );
      await daemon.end('SIGKILL');
      moments.push(`${wanted} x ${text}, ${(await namesIn(join(inbox, 'Done'))).length} in Done`);
      daemon = await home.start();
    }
    await burst;

    await eventually(
      () => namesIn(join(inbox, 'Done')),
      (done) => done.length >= names.length,
      { limitMs: 60_000 },
    );
    await untilSerials(home, names);
    await using client = await home.connect('local');
    const { today, reasons } = await client.call('status/get', {});
    expect({ done: await allNamesIn(join(inbox, 'Done')), left: await allNamesIn(inbox), moments }).toEqual({
      done: names,
      left: ['Done'],
      moments,
    });
    expect({ submissions: today.submissions, reports: today.reports, reasons }).toEqual({
      submissions: 200,
      reports: 200,
      reasons: [],
    });
  }, 180_000);
});
