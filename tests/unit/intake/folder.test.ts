import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema/root.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { type SubmissionId, toSubmissionId } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { startFolder } from '../../../src/intake/folder.ts';
import type { FolderDeps } from '../../../src/intake/folder-loop.ts';
import type { FolderSettings } from '../../../src/intake/settings.ts';
import type { AcceptInput, AcceptOutcome } from '../../../src/store/types.ts';
import { eventually, readFolderConfig } from '../../support/intake.ts';
import { makeManualClock } from '../../support/manual-clock.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const IN_FLIGHT = 3;
const STEP_MS = 500;

type TouchFiles = () => Promise<void>;
type Accept = (input: AcceptInput, submissionId: SubmissionId) => AcceptOutcome;

const takeAll: Accept = (_input, submissionId) => ({
  kind: 'accepted',
  submissionId,
  sha256: '',
  bytes: 0,
  duplicate: false,
});

/** A store that only answers `accept`. */
function makeStore(
  accept: Accept,
  touchFiles: TouchFiles,
): { readonly store: FolderDeps['store']; readonly taken: string[] } {
  const taken: string[] = [];
  const store: FolderDeps['store'] = {
    accept: async (input) => {
      const outcome = accept(input, toSubmissionId(`s-${taken.length + 1}`));
      if (outcome.kind === 'accepted') taken.push(input.name);
      return outcome;
    },
    openUpload: () => Promise.reject(new Error('no file here is large')),
    knownFiles: async () => [],
    refuseFile: async () => undefined,
    touchFiles,
    forgetFiles: async () => 0,
  };
  return { store, taken };
}

function settingsOf(root: string): FolderSettings {
  const { folders: _none, ...shared } = configSchema.parse({ intake: { inFlight: IN_FLIGHT, rescan: '24 h' } }).intake;
  const config = readFolderConfig({ path: root, poll: 'always', settle: '100 ms', pollEvery: '5 s' });
  return { name: 'ict', root, config, doneFolder: `${root}/Done`, errorFolder: `${root}/Error`, shared, maxBytes: 9 };
}

/** A watched folder whose clock goes on while something is waited for. */
async function makeWatched({
  accept = takeAll,
  touchFiles = async () => undefined,
  open = [],
}: {
  readonly accept?: Accept;
  readonly touchFiles?: TouchFiles;
  readonly open?: readonly SubmissionId[];
} = {}) {
  const folder = await makeTemporaryFolder();
  const clock = makeManualClock(0);
  const { store, taken } = makeStore(accept, touchFiles);
  const drop = (name: string): Promise<void> => writeFile(join(folder.path, name), 'abc');
  const start = () =>
    startFolder({ store, clock, log: silentLogger, onAction: () => undefined }, settingsOf(folder.path), { open });
  const until = (holds: () => boolean): Promise<unknown> => {
    const step = (): boolean => {
      clock.advance(STEP_MS);
      return holds();
    };
    return eventually(step, (is) => is, { limitMs: 20_000 });
  };
  return { folder, clock, taken, drop, start, until, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('startFolder()', () => {
  it.each([
    [IN_FLIGHT - 1, IN_FLIGHT - 1, 0, null],
    [IN_FLIGHT, IN_FLIGHT, 0, null],
    [IN_FLIGHT + 1, IN_FLIGHT, 1, 'in_flight'],
  ])('of %d files with 3 at most in flight takes %d and lets %d wait', async (count, inFlight, waiting, reason) => {
    await using test = await makeWatched();
    for (let index = 0; index < count; index += 1) await test.drop(`${index}.csv`);
    await using folder = test.start();

    await test.until(() => folder.status().inFlight === inFlight && folder.status().waiting === waiting);
    // Three more looks through the folder: nothing else is taken by them.
    const untilMs = test.clock.monotonicMs() + 15_000;
    await test.until(() => test.clock.monotonicMs() >= untilMs);

    expect(folder.status()).toMatchObject({ inFlight, waiting, reason });
    expect(test.taken).toHaveLength(inFlight);
  });

  it('takes the next file as soon as a conversion ends', async () => {
    await using test = await makeWatched();
    for (let index = 0; index <= IN_FLIGHT; index += 1) await test.drop(`${index}.csv`);
    await using folder = test.start();
    await test.until(() => folder.status().reason === 'in_flight');

    folder.ended(toSubmissionId('s-1'));

    await test.until(() => test.taken.length === IN_FLIGHT + 1);
    expect(folder.status()).toMatchObject({ inFlight: IN_FLIGHT, waiting: 0, reason: null });
  });

  it('counts what was in flight before it started', async () => {
    await using test = await makeWatched({ open: ['o-1', 'o-2', 'o-3'].map(toSubmissionId) });
    await test.drop('a.csv');
    await using folder = test.start();

    await test.until(() => folder.status().reason === 'in_flight');
    const untilMs = test.clock.monotonicMs() + 15_000;
    await test.until(() => test.clock.monotonicMs() >= untilMs);

    expect([folder.status().inFlight, test.taken]).toEqual([IN_FLIGHT, []]);
  });

  it('finds a file within `pollEvery` where it always polls', async () => {
    await using test = await makeWatched();
    await test.drop('first.csv');
    await using _folder = test.start();
    await test.until(() => test.taken.includes('first.csv'));
    const droppedAtMs = test.clock.monotonicMs();

    await test.drop('second.csv');
    await test.until(() => test.taken.includes('second.csv'));

    // The clock of the test runs ahead of the disk; without polling it would be found after a day.
    expect(test.clock.monotonicMs() - droppedAtMs).toBeLessThan(3_600_000);
  });

  it.each([
    ['a bug', new TypeError('Cannot read properties of undefined')],
    ['a failure of this file alone', new AirlockError('internal', 'Cannot take in file: nobody knows why')],
  ])('lets a file wait that meets %s, shows it, takes the others, and tries it again', async (_what, error) => {
    let isMended = false;
    const accept: Accept = (input, submissionId) => {
      if (input.name === 'bad.csv' && !isMended) throw error;
      return takeAll(input, submissionId);
    };
    await using test = await makeWatched({ accept });
    for (const name of ['bad.csv', 'good.csv']) await test.drop(name);
    await using folder = test.start();

    await test.until(() => test.taken.includes('good.csv') && folder.status().unreadable.includes('bad.csv'));
    isMended = true;

    await test.until(() => test.taken.includes('bad.csv'));
    expect(folder.status()).toMatchObject({ state: 'watching', reason: null, unreadable: [] });
  });

  it('goes on after a bug in a whole round, and says so until then', async () => {
    let isMended = false;
    let calls = 0;
    const touchFiles = async (): Promise<void> => {
      calls += 1;
      if (!isMended) throw new TypeError('Cannot read properties of undefined');
    };
    await using test = await makeWatched({ touchFiles });
    await test.drop('a.csv');
    await using folder = test.start();

    await test.until(() => folder.status().reason === 'internal');
    const untilMs = test.clock.monotonicMs() + 10_000;
    await test.until(() => {
      folder.rescan();
      return test.clock.monotonicMs() >= untilMs;
    });
    expect(calls).toBe(1);
    isMended = true;

    await test.until(() => test.taken.length === 1);
    expect(folder.status().reason).toBe(null);
  });

  it('forgets what is never opened as soon as a whole scan does not find it', async () => {
    await using test = await makeWatched();
    await mkdir(join(test.folder.path, 'odd.csv'));
    await using folder = test.start();
    await test.until(() => folder.status().odd.length === 1);

    await rmdir(join(test.folder.path, 'odd.csv'));

    await test.until(() => folder.status().odd.length === 0);
  });

  it('tells how many files cannot be opened, and since when', async () => {
    const accept: Accept = () => {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
    };
    await using test = await makeWatched({ accept });
    await test.drop('a.csv');
    await test.drop('b.csv');
    await using folder = test.start();

    await test.until(() => folder.status().unreadableFiles?.count === 2);

    const { unreadable, unreadableFiles } = folder.status();
    expect(unreadable.toSorted()).toEqual(['a.csv', 'b.csv']);
    expect(unreadableFiles?.sinceUnixMs).toBeGreaterThan(0);
    expect(unreadableFiles?.sinceUnixMs).toBeLessThanOrEqual(test.clock.nowUnixMs());
  });
});
