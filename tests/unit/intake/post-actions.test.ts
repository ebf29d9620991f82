import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { toSubmissionId } from '../../../src/core/ids.ts';
import { type Logger, silentLogger } from '../../../src/core/logger.ts';
import { lookAt } from '../../../src/intake/look-at.ts';
import { retryAfterMs, startPostActions } from '../../../src/intake/post-actions.ts';
import type { FolderSettings } from '../../../src/intake/settings.ts';
import { configSchema } from '../../../src/config/schema/root.ts';
import { hash } from '../../../src/store/hash.ts';
import type { PostAction, PostActionEnd } from '../../../src/store/types.ts';
import { allNamesIn, eventually, readFolderConfig } from '../../support/intake.ts';
import { makeManualClock } from '../../support/manual-clock.ts';
import { makeListeningLogger } from '../../support/post-action.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

type Wish = Parameters<typeof readFolderConfig>[0];

function settingsOf(root: string, wish: Partial<Wish>): FolderSettings {
  const config = readFolderConfig({ path: root, ...wish });
  const { folders: _none, ...shared } = configSchema.parse({}).intake;
  const [doneFolder, errorFolder] = [join(root, config.doneFolder), join(root, config.errorFolder)];
  const done = wish.doneFolder?.startsWith('/') === true ? wish.doneFolder : doneFolder;
  return { name: 'ict', root, config, doneFolder: done, errorFolder, shared, maxBytes: 1 };
}

async function actionFor(root: string, more: Partial<PostAction> = {}): Promise<PostAction> {
  const found = await lookAt(root, 'a.csv');
  return {
    seq: 1,
    folder: 'ict',
    path: 'a.csv',
    identity: found.kind === 'file' ? found.identity : 'none',
    sha256: hash('abc'),
    submissionId: toSubmissionId('01970000-0000-7000-8000-0000deadbeef'),
    outcome: 'done',
    converter: 'csv',
    failure: null,
    endedAtUnixMs: 0,
    attempts: 0,
    ...more,
  };
}

/** Work one action off, and say how that ended. */
async function workOff(
  settings: FolderSettings,
  action: PostAction,
  log: Logger = silentLogger,
): Promise<{ end: PostActionEnd; gone: string[] }> {
  const { promise, resolve } = Promise.withResolvers<PostActionEnd>();
  const gone: string[] = [];
  let items = [action];
  await using _actions = startPostActions(
    {
      store: {
        dueActions: async () => ({ items: items.splice(0), nextDueInMs: null }),
        endPostAction: async (_action, end) => resolve(end),
      },
      clock: makeManualClock(),
      log,
      onGone: (path) => void gone.push(path),
    },
    settings,
  );
  items = [];
  return { end: await promise, gone };
}

/** Wait until this process has a file open, and has looked at it. */
async function untilOpen(path: string): Promise<void> {
  const isOpen = () =>
    readdirSync('/proc/self/fd').some((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    });
  await eventually(isOpen, (is) => is);
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
}

describe('retryAfterMs()', () => {
  it.each([
    [0, 1_000],
    [1, 2_000],
    [8, 256_000],
    [9, 300_000],
    [1_000_000, 300_000],
  ])('after %d failed tries is %d', (attempts, ms) => {
    expect(retryAfterMs(attempts)).toBe(ms);
  });
});

describe('startPostActions()', () => {
  it.each([
    [{ onDone: 'keep' }, false, ['a.csv']],
    [{ onDone: 'delete' }, true, []],
    [{ onDone: 'move' }, true, ['Done']],
  ] as const)('with %j leaves the right names behind', async (wish, isGone, left) => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a.csv'), 'abc');

    const { end } = await workOff(settingsOf(folder.path, wish), await actionFor(folder.path));

    expect([end, await allNamesIn(folder.path)]).toEqual([{ state: 'done', isGone }, left]);
  });

  it('names converter, reason, place and submission beside a failed file', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a.csv'), 'abc');
    const failure = { code: 'converter_failed', message: 'no header', file: 'converter.ts', line: 3, column: 9 };

    await workOff(settingsOf(folder.path, {}), await actionFor(folder.path, { outcome: 'failed', failure }));

    const record: unknown = JSON.parse(await readFile(join(folder.path, 'Error', 'a.csv.error.json'), 'utf8'));
    expect(record).toEqual({
      schemaVersion: 1,
      folder: 'ict',
      file: 'a.csv',
      sha256: hash('abc'),
      submissionId: '01970000-0000-7000-8000-0000deadbeef',
      converter: 'csv',
      code: 'converter_failed',
      reason: 'no header',
      place: { file: 'converter.ts', line: 3, column: 9 },
      endedAt: '1970-01-01T00:00:00.000Z',
    });
  });

  it('leaves a changed file alone, and lets it be taken as a new one', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a.csv'), 'abc');
    const action = await actionFor(folder.path);
    await writeFile(join(folder.path, 'a.csv'), 'another');

    const { end, gone } = await workOff(settingsOf(folder.path, {}), action);

    expect([end, await allNamesIn(folder.path)]).toEqual([{ state: 'done', isGone: true }, ['a.csv']]);
    expect(gone).toEqual(['a.csv']);
  });

  it('never deletes a file that a crash left aside and that was never taken in', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a.csv'), 'abc');
    const action = await actionFor(folder.path);
    // Another program's file had taken the name when the try began, and the crash came before it was put back.
    await writeFile(join(folder.path, '.airlock-1.part'), 'never taken in');
    await rm(join(folder.path, 'a.csv'));

    const { end } = await workOff(settingsOf(folder.path, { onDone: 'delete' }), action);

    expect([end, await allNamesIn(folder.path)]).toEqual([{ state: 'done', isGone: true }, ['a.csv']]);
    expect(await readFile(join(folder.path, 'a.csv'), 'utf8')).toBe('never taken in');
  });

  it('finishes a removal that a crash cut short, and says that it did', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a.csv'), 'abc');
    const action = await actionFor(folder.path);
    await rename(join(folder.path, 'a.csv'), join(folder.path, '.airlock-1.part'));
    const { log, messages } = makeListeningLogger();

    await workOff(settingsOf(folder.path, { onDone: 'delete' }), action, log);

    expect([await allNamesIn(folder.path), messages]).toEqual([[], ['a finished file was put away']]);
  });

  it.skipIf(process.platform !== 'linux')(
    'leaves a file that is touched while it is being proved, and does not say it was put away',
    async () => {
      await using folder = await makeTemporaryFolder();
      const path = join(folder.path, 'a.csv');
      const bytes = 64 * 1024 ** 2;
      await writeFile(path, '');
      await truncate(path, bytes);
      const sha256 = createHash('sha256').update(Buffer.alloc(bytes)).digest('hex');
      const action = await actionFor(folder.path, { sha256 });
      const { log, messages } = makeListeningLogger();

      const working = workOff(settingsOf(folder.path, { onDone: 'delete' }), action, log);
      await untilOpen(path);
      await utimes(path, 1, 1);
      const { end } = await working;

      expect([end, await allNamesIn(folder.path)]).toEqual([{ state: 'done', isGone: true }, ['a.csv']]);
      expect(messages).toEqual(['the file was changed or taken away since: it is left alone']);
    },
  );

  it('goes on after a bug in what is said of one file', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a.csv'), 'abc');
    const action = await actionFor(folder.path);
    const clock = makeManualClock();
    const ends: PostActionEnd[] = [];
    let tries = 0;
    await using _actions = startPostActions(
      {
        store: {
          dueActions: async () => ({ items: ends.length === 0 ? [action] : [], nextDueInMs: null }),
          endPostAction: async (_action, end) => {
            tries += 1;
            if (tries === 1) throw new TypeError('Cannot read properties of undefined');
            ends.push(end);
          },
        },
        clock,
        log: silentLogger,
        onGone: () => undefined,
      },
      settingsOf(folder.path, {}),
    );

    const step = (): number => {
      clock.advance(1_000);
      return ends.length;
    };
    await eventually(step, (count) => count === 1);

    expect([tries, ends]).toEqual([2, [{ state: 'done', isGone: true }]]);
  });

  it('tries again later while the watch folder is away', async () => {
    const settings = settingsOf('/nowhere/at/all', {});

    const { end } = await workOff(settings, await actionFor('/nowhere/at/all', { attempts: 2 }));

    expect(end).toEqual({ state: 'deferred', error: expect.stringContaining('ENOENT'), afterMs: 4_000 });
  });

  it.skipIf(!existsSync('/dev/shm'))('copies to another file system, with the time of the file', async () => {
    await using folder = await makeTemporaryFolder();
    const other = await mkdtemp('/dev/shm/airlock-test-');
    try {
      const path = join(folder.path, 'a.csv');
      await writeFile(path, 'abc');
      const { mtimeMs } = await stat(path);

      const { end } = await workOff(settingsOf(folder.path, { doneFolder: other }), await actionFor(folder.path));

      expect([end, await allNamesIn(folder.path), await allNamesIn(other)]).toEqual([
        { state: 'done', isGone: true },
        [],
        ['a.csv'],
      ]);
      expect([
        await readFile(join(other, 'a.csv'), 'utf8'),
        Math.round((await stat(join(other, 'a.csv'))).mtimeMs),
      ]).toEqual(['abc', Math.round(mtimeMs)]);
    } finally {
      await rm(other, { recursive: true });
    }
  });
});
