// The loop of one watch folder: look, let settle, take in; woken by events, by the clock, and by what is converted.

import { AirlockError } from '../core/errors.ts';
import type { SubmissionId } from '../core/ids.ts';
import { makeWaker } from '../core/waker.ts';
import { makeAnchor } from './anchor.ts';
import { type FolderDeps, type Loop, pause } from './folder-loop.ts';
import { type FolderStatus, toFolderStatus } from './folder-status.ts';
import { isFromSystem } from './look-at.ts';
import { forgetGoneOdd, lookAtAll, makeMemory } from './memory.ts';
import { findRealPlaces } from './real-places.ts';
import { scanFolder } from './scan.ts';
import type { FolderSettings } from './settings.ts';
import { takeReady } from './take-ready.ts';

const SCAN_LIMIT = 100_000;
const HINT_LIMIT = 10_000;
const TOUCH_EVERY_MS = 86_400_000;
const FORGET_BATCH = 500;
const STORE_RETRY_MS = 5_000;
const BUG_RETRY_MS = 60_000;

/** One watch folder at work. Disposing stops it; what is being read is given up, nothing is left behind. */
export type WatchedFolder = AsyncDisposable & {
  readonly name: string;
  readonly status: () => FolderStatus;
  /** A conversion of this folder's ended. */
  readonly ended: (submissionId: SubmissionId) => void;
  /** Nothing that was known lies at this path any more. */
  readonly forget: (path: string) => void;
  /** Look through the folder now. */
  readonly rescan: () => void;
};

async function forgetOld({ store, settings, clock }: Loop): Promise<void> {
  const beforeUnixMs = clock.nowUnixMs() - settings.shared.remember;
  let forgotten = FORGET_BATCH;
  while (forgotten >= FORGET_BATCH) forgotten = await store.forgetFiles(settings.name, beforeUnixMs);
}

async function scan(loop: Loop): Promise<void> {
  const { settings, clock, times, state, signal, anchor } = loop;
  const { config } = settings;
  const startMs = clock.monotonicMs();
  loop.hints.clear();
  const places = await findRealPlaces(settings);
  const { paths, isCut } = await scanFolder(
    { ...places, isRecursive: config.recursive, limit: SCAN_LIMIT },
    { signal },
  );
  forgetGoneOdd(loop.memory, paths);
  const isTouching = startMs >= times.touchAtMs;
  await lookAtAll(loop, paths, { nowMs: startMs, isTouching, signal });
  if (isTouching && !isCut) {
    // Order: only what was touched just now may be measured by its age.
    await forgetOld(loop);
    times.touchAtMs = startMs + TOUCH_EVERY_MS;
  }
  state.isCut = isCut;
  times.scanAtMs =
    clock.monotonicMs() +
    (anchor.isPolled() ? Math.min(config.pollEvery, settings.shared.rescan) : settings.shared.rescan);
}

async function lookAround(loop: Loop): Promise<void> {
  const { clock, times, hints, signal } = loop;
  const nowMs = clock.monotonicMs();
  if (nowMs >= times.scanAtMs || hints.size >= HINT_LIMIT) return scan(loop);
  const paths = [...hints];
  hints.clear();
  await lookAtAll(loop, paths, { nowMs, isTouching: false, signal });
}

// Whether the folder is still there is asked this often, whatever its events say.
const ANCHOR_LOOK_MS = 2_000;

/** Something happens by itself after this many milliseconds. */
function nextInMs({ memory, settings, clock, times }: Loop): number {
  const nowMs = clock.monotonicMs();
  let atMs = Math.min(times.scanAtMs, nowMs + ANCHOR_LOOK_MS);
  if (memory.open.size < settings.shared.inFlight) {
    for (const { readyAtMs } of memory.looks.values()) atMs = Math.min(atMs, Math.max(readyAtMs, times.pausedUntilMs));
  }
  return Math.max(1, Math.ceil(atMs - nowMs));
}

/** One round. @returns how long nothing is to be done by itself. */
async function goRound(loop: Loop): Promise<number> {
  const { anchor, times, memory } = loop;
  const held = await anchor.hold();
  if (held.kind === 'missing') {
    memory.looks.clear();
    memory.odd.clear();
    times.scanAtMs = 0;
    return held.lookAgainInMs;
  }
  if (held.isNew) times.scanAtMs = 0;
  await lookAround(loop);
  await takeReady(loop);
  return loop.hints.size > 0 ? 0 : nextInMs(loop);
}

async function goRoundSafely(loop: Loop): Promise<number> {
  const { clock, times, state } = loop;
  const pausedMs = Math.ceil(times.pausedUntilMs - clock.monotonicMs());
  // Events that wake it meanwhile would only meet, and log, the same bug again.
  if (state.pausedBy === 'internal' && pausedMs > 0) return pausedMs;
  try {
    return await goRound(loop);
  } catch (error) {
    loop.signal.throwIfAborted();
    if (error instanceof AirlockError && error.code === 'unavailable') {
      pause(loop, { by: 'store_failed', forMs: STORE_RETRY_MS });
      loop.log.error({ err: error }, 'the store does not take files of this folder');
      return STORE_RETRY_MS;
    }
    // The folder is to blame: it went away or was closed in the middle of a round.
    if (isFromSystem(error)) return await loop.anchor.lose(error);
    // A bug: what lies in one folder must not end the daemon, now and at each start again.
    pause(loop, { by: 'internal', forMs: BUG_RETRY_MS });
    loop.log.error({ err: error, retryInMs: BUG_RETRY_MS }, 'the watch folder could not be looked through');
    return BUG_RETRY_MS;
  }
}

const newState = (): Pick<Loop, 'times' | 'state'> => ({
  times: { scanAtMs: 0, pausedUntilMs: 0, touchAtMs: 0 },
  state: { pausedBy: null, isCut: false },
});

/**
 * Start watching one folder.
 *
 * @param deps - Store, clock, log; borrowed.
 * @param settings - The folder.
 * @param open - Its submissions that are not converted yet.
 */
export function startFolder(
  deps: FolderDeps,
  settings: FolderSettings,
  { open }: { readonly open: readonly SubmissionId[] },
): WatchedFolder {
  const log = deps.log.child({ folder: settings.name });
  const stopping = new AbortController();
  const waker = makeWaker(deps.clock);
  const memory = makeMemory();
  for (const submissionId of open) memory.open.add(submissionId);
  const hints = new Set<string>();
  const onHint = (path: string): void => {
    if (hints.size < HINT_LIMIT) hints.add(path);
    waker.wake();
  };
  const anchor = makeAnchor({ log, clock: deps.clock, onHint }, settings);
  const loop: Loop = {
    ...deps,
    log,
    settings,
    memory,
    hints,
    anchor,
    signal: stopping.signal,
    ...newState(),
  };

  async function run(): Promise<void> {
    try {
      for (;;) {
        const ticket = waker.ticket();
        const waitMs = await goRoundSafely(loop);
        if (waitMs > 0) await waker.wait(ticket, waitMs, { signal: stopping.signal });
      }
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    } finally {
      await anchor[Symbol.asyncDispose]();
    }
  }

  // Whatever a round throws is caught above; should that fail, it ends the daemon with 70 instead of stopping the folder unseen.
  const running = run();
  return {
    name: settings.name,
    status: () => toFolderStatus(loop),
    ended: (submissionId) => {
      if (memory.open.delete(submissionId)) waker.wake();
    },
    forget: (path) => {
      memory.known.delete(path);
      // Race: another file of that name may have come already, and events tell nothing of one that took the place of another.
      onHint(path);
    },
    rescan: () => {
      loop.times.scanAtMs = 0;
      waker.wake();
    },
    [Symbol.asyncDispose]: () => {
      stopping.abort(new AirlockError('shutting_down', 'Cannot take files in: the daemon is stopping'));
      return running;
    },
  };
}
