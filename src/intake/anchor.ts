// Whether a watch folder is there, and the events that come from it: armed when it appears, armed anew when it returns.

import { stat } from 'node:fs/promises';
import { codeOf, type EventsLost, type FolderEventsDeps, makeFolderEvents } from './folder-events.ts';
import { isNetworkFolder } from './network-folder.ts';
import { findRealPlaces } from './real-places.ts';
import type { FolderSettings } from './settings.ts';

// How often a folder that is missing is looked for.
const MISSING_LOOK_MS = 1_000;

/** A folder that is there, or how long until it should be looked for again. `isNew`: it is to be looked through now. */
export type Held =
  | { readonly kind: 'held'; readonly isNew: boolean }
  | { readonly kind: 'missing'; readonly lookAgainInMs: number };

/** Whether it is there, since when (wall clock), and why not. */
export type AnchorState = {
  readonly isThere: boolean;
  readonly sinceUnixMs: number;
  readonly reason: string | null;
  readonly eventsLost: EventsLost | null;
};

/** The hold on one folder. */
export type Anchor = AsyncDisposable & {
  /** Look whether it is there and the same one; arm its events when it is new. */
  readonly hold: () => Promise<Held>;
  /** It failed in use. @returns how long until it should be looked for again. */
  readonly lose: (error: Error) => Promise<number>;
  /** Is it looked through regularly instead of waited for? Also while its events are lost. */
  readonly isPolled: () => boolean;
  readonly state: () => AnchorState;
};

/** What an anchor needs. */
export type AnchorDeps = FolderEventsDeps;

/** Device and inode of the folder; null with the system's code when it is not there or no folder. */
async function identify(root: string): Promise<{ readonly id: string } | { readonly reason: string }> {
  try {
    const stats = await stat(root, { bigint: true });
    return stats.isDirectory() ? { id: `${stats.dev}:${stats.ino}` } : { reason: 'ENOTDIR' };
  } catch (error) {
    return { reason: codeOf(error) };
  }
}

/**
 * Make the hold on one folder; nothing is armed yet.
 *
 * @param deps - Log, wall clock, and who hears of events.
 * @param settings - The folder.
 */
export function makeAnchor(deps: AnchorDeps, settings: FolderSettings): Anchor {
  const { log, clock } = deps;
  const { root, config } = settings;
  const events = makeFolderEvents(deps, settings);
  let armed: { readonly id: string; readonly watcher: AsyncDisposable | null } | null = null;
  let state: Omit<AnchorState, 'eventsLost'> = { isThere: false, sinceUnixMs: clock.nowUnixMs(), reason: null };

  async function disarm(): Promise<void> {
    const { watcher = null } = armed ?? {};
    armed = null;
    await watcher?.[Symbol.asyncDispose]();
  }

  async function lose(reason: string): Promise<number> {
    events.forget();
    await disarm();
    if (state.isThere || state.reason !== reason) {
      log.warn({ reason }, 'the watch folder is not there; it is watched as soon as it is');
      state = { isThere: false, sinceUnixMs: state.isThere ? clock.nowUnixMs() : state.sinceUnixMs, reason };
    }
    return MISSING_LOOK_MS;
  }

  async function arm(id: string): Promise<void> {
    // No link is followed by events, the one to the folder itself included.
    const places = await findRealPlaces(settings);
    const isPolled = config.poll === 'always' || (await isNetworkFolder(places.root));
    armed = { id, watcher: isPolled ? null : events.start(places) };
    if (!state.isThere) {
      log.info({ isPolled }, 'the watch folder is watched');
      state = { isThere: true, sinceUnixMs: clock.nowUnixMs(), reason: null };
    }
  }

  return {
    hold: async () => {
      const found = await identify(root);
      if ('reason' in found) return { kind: 'missing', lookAgainInMs: await lose(found.reason) };
      if (armed?.id === found.id && !events.isToRearm()) return { kind: 'held', isNew: events.takeIsToScan() };
      await disarm();
      await arm(found.id);
      return { kind: 'held', isNew: true };
    },
    lose: (error) => lose(codeOf(error)),
    isPolled: () => armed !== null && (armed.watcher === null || events.lost() !== null),
    state: () => ({ ...state, eventsLost: events.lost() }),
    [Symbol.asyncDispose]: disarm,
  };
}
