import { realpath, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema/root.ts';
import { makeAnchor } from '../../../src/intake/anchor.ts';
import type { FolderSettings } from '../../../src/intake/settings.ts';
import type { WatchInput } from '../../../src/intake/watcher.ts';
import { readFolderConfig } from '../../support/intake.ts';
import { makeManualClock } from '../../support/manual-clock.ts';
import { makeListeningLogger } from '../../support/post-action.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const NO_SPACE = Object.assign(new Error('System limit for number of file watchers reached'), { code: 'ENOSPC' });
const CLOSED = Object.assign(new Error('permission denied'), { code: 'EACCES' });

function settingsOf(root: string, poll: 'auto' | 'always'): FolderSettings {
  const { folders: _none, ...shared } = configSchema.parse({}).intake;
  const config = readFolderConfig({ path: root, poll });
  return { name: 'ict', root, config, doneFolder: `${root}/Done`, errorFolder: `${root}/Error`, shared, maxBytes: 1 };
}

/** An anchor whose events are in the hands of the test. */
async function makeHeld(poll: 'auto' | 'always' = 'auto', { isLinked = false }: { readonly isLinked?: boolean } = {}) {
  const folder = await makeTemporaryFolder();
  const links = await makeTemporaryFolder();
  const link = join(links.path, 'link');
  await symlink(folder.path, link);
  const clock = makeManualClock(0);
  const watchers: (WatchInput & { isClosed: boolean })[] = [];
  const watch = (input: WatchInput): AsyncDisposable => {
    const watcher = { ...input, isClosed: false };
    watchers.push(watcher);
    return { [Symbol.asyncDispose]: async () => void (watcher.isClosed = true) };
  };
  const { log, messages } = makeListeningLogger();
  const anchor = makeAnchor(
    { log, clock, onHint: () => undefined, watch },
    settingsOf(isLinked ? link : folder.path, poll),
  );
  const first = await anchor.hold();
  return {
    folder,
    clock,
    watchers,
    anchor,
    first,
    messages,
    [Symbol.asyncDispose]: async () => {
      await links[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('makeAnchor()', () => {
  it('arms events once for a folder that stays', async () => {
    await using held = await makeHeld();

    const again = await held.anchor.hold();

    expect([held.first, again]).toEqual([
      { kind: 'held', isNew: true },
      { kind: 'held', isNew: false },
    ]);
    expect([held.watchers.length, held.anchor.isPolled()]).toEqual([1, false]);
  });

  it('asks for the events of the folder that a link leads to, and leaves its targets out by their real names', async () => {
    await using held = await makeHeld('auto', { isLinked: true });
    const real = await realpath(held.folder.path);

    expect(held.watchers[0]).toMatchObject({ root: real, skip: [join(real, 'Done'), join(real, 'Error')] });
  });

  it('arms no events where the folder is always polled', async () => {
    await using held = await makeHeld('always');

    expect([held.watchers.length, held.anchor.isPolled()]).toEqual([0, true]);
  });

  it('polls from the moment in which events are lost, and says since when and why', async () => {
    await using held = await makeHeld();
    held.clock.advance(1_000);

    held.watchers[0]?.onError(NO_SPACE);
    held.watchers[0]?.onReady();
    const next = await held.anchor.hold();

    expect([next, await held.anchor.hold()]).toEqual([
      { kind: 'held', isNew: true },
      { kind: 'held', isNew: false },
    ]);
    expect([held.anchor.isPolled(), held.anchor.state().eventsLost]).toEqual([
      true,
      { code: 'ENOSPC', sinceUnixMs: 1_000 },
    ]);
  });

  it('asks for events anew each minute, and waits for them again once they come without an error', async () => {
    await using held = await makeHeld();
    held.watchers[0]?.onError(NO_SPACE);
    held.clock.advance(60_000);
    await held.anchor.hold();
    held.watchers[1]?.onError(NO_SPACE);
    held.watchers[1]?.onReady();
    held.clock.advance(60_000);

    const rearmed = await held.anchor.hold();
    const isPolledBefore = held.anchor.isPolled();
    // The one that was let go may still speak.
    held.watchers[1]?.onError(NO_SPACE);
    held.watchers[2]?.onReady();

    expect([rearmed, isPolledBefore, held.anchor.isPolled()]).toEqual([{ kind: 'held', isNew: true }, true, false]);
    expect([held.watchers.map(({ isClosed }) => isClosed), held.anchor.state().eventsLost]).toEqual([
      [true, true, false],
      null,
    ]);
    expect(held.messages).toEqual([
      'the watch folder is watched',
      'events of the watch folder are lost: it is looked through every `pollEvery` instead',
      'events of the watch folder come again',
    ]);
  });

  it('loses no events by a folder inside that is closed to us', async () => {
    await using held = await makeHeld();

    held.watchers[0]?.onError(CLOSED);

    expect([held.anchor.isPolled(), held.anchor.state().eventsLost]).toEqual([false, null]);
  });

  it('forgets lost events with the folder', async () => {
    await using held = await makeHeld();
    held.watchers[0]?.onError(NO_SPACE);
    await rm(held.folder.path, { recursive: true });

    await held.anchor.hold();

    expect(held.anchor.state()).toEqual({ isThere: false, sinceUnixMs: 0, reason: 'ENOENT', eventsLost: null });
  });
});
