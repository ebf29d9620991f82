// The events of one watch folder, and what happens when the system tells none: said once, looked through instead, asked for anew.

import type { Clock } from '../core/clock.ts';
import { isSystemError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RealPlaces } from './real-places.ts';
import type { FolderSettings } from './settings.ts';
import { startWatcher } from './watcher.ts';

// How often events that were lost are asked for anew.
const REARM_MS = 60_000;

/** The system tells no changes, or not all of them: why (its code), and since when (wall clock). */
export type EventsLost = { readonly code: string; readonly sinceUnixMs: number };

/** What events need. */
export type FolderEventsDeps = {
  readonly log: Logger;
  readonly clock: Pick<Clock, 'nowUnixMs' | 'monotonicMs'>;
  readonly onHint: (path: string) => void;
  /** Default: the system's events. */
  readonly watch?: typeof startWatcher;
};

/** Events of one folder; at most one watcher speaks at a time. */
export type FolderEvents = {
  /** Ask the system for them. Order: the one before is closed first. */
  readonly start: (places: RealPlaces) => AsyncDisposable;
  /** The folder went away, and with it whatever was wrong. */
  readonly forget: () => void;
  readonly lost: () => EventsLost | null;
  /** Lost for so long that it is worth asking anew? */
  readonly isToRearm: () => boolean;
  /** True once after events were lost: what they did not tell is to be looked for. */
  readonly takeIsToScan: () => boolean;
};

/** The system's code of an error. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

/** A folder inside that is closed to us: what lies in it could not be taken either, so nothing is lost. */
const isClosed = (error: unknown): boolean => isSystemError(error, 'EACCES', 'EPERM');

/**
 * Make the events of one folder; nothing is armed yet.
 *
 * @param deps - Log, clock, who hears of a change.
 * @param settings - The folder.
 */
export function makeFolderEvents(deps: FolderEventsDeps, settings: FolderSettings): FolderEvents {
  const { log, clock, onHint, watch = startWatcher } = deps;
  const { config } = settings;
  let lost: EventsLost | null = null;
  let rearmAtMs = 0;
  let isToScan = false;
  let speaker: symbol | null = null;

  function noteError(err: unknown): void {
    if (isClosed(err)) return log.warn({ err }, 'a part of the watch folder cannot be watched');
    rearmAtMs = clock.monotonicMs() + REARM_MS;
    if (lost !== null) return;
    log.warn({ err }, 'events of the watch folder are lost: it is looked through every `pollEvery` instead');
    lost = { code: codeOf(err), sinceUnixMs: clock.nowUnixMs() };
    isToScan = true;
  }

  function noteReady(): void {
    if (lost === null) return;
    log.info({}, 'events of the watch folder come again');
    lost = null;
  }

  /** Race: a watcher that was let go may still speak; only the last one is heard. */
  function start({ root, skip }: RealPlaces): AsyncDisposable {
    const mine = Symbol('watcher');
    let hasFailed = false;
    speaker = mine;
    rearmAtMs = clock.monotonicMs() + REARM_MS;
    const onError = (err: unknown): void => {
      if (speaker !== mine) return;
      hasFailed ||= !isClosed(err);
      noteError(err);
    };
    const onReady = (): void => {
      if (speaker === mine && !hasFailed) noteReady();
    };
    return watch({ root, isRecursive: config.recursive, skip, onHint, onError, onReady });
  }

  return {
    start,
    forget: () => {
      speaker = null;
      lost = null;
    },
    lost: () => lost,
    isToRearm: () => lost !== null && clock.monotonicMs() >= rearmAtMs,
    takeIsToScan: () => {
      const is = isToScan;
      isToScan = false;
      return is;
    },
  };
}
