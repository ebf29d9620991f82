// What one watch folder says about itself.

import type { OddKind } from './look-at.ts';
import type { Clock } from '../core/clock.ts';
import type { AnchorState } from './anchor.ts';
import type { EventsLost } from './folder-events.ts';
import type { Memory } from './memory.ts';
import type { FolderSettings } from './settings.ts';

// Names that a status holds at most, of each kind.
const SHOWN = 20;

/** One watch folder at one moment. */
export type FolderStatus = {
  readonly name: string;
  readonly path: string;
  readonly state: 'watching' | 'missing';
  /** Wall clock. */
  readonly sinceUnixMs: number;
  /** Why it is missing (the system's code), why nothing is taken now, or why files are found late. */
  readonly reason: string | null;
  /** Files that settle or wait to be taken. */
  readonly waiting: number;
  /** Taken in and not yet converted. */
  readonly inFlight: number;
  /** Files that cannot be opened for now, at most 20. */
  readonly unreadable: readonly string[];
  /** Of all of them, and since when that holds for the oldest (wall clock); null = there is none. */
  readonly unreadableFiles: { readonly count: number; readonly sinceUnixMs: number } | null;
  /** Changes are not told: it is looked through instead. */
  readonly eventsLost: EventsLost | null;
  /** What is never opened, at most 20. */
  readonly odd: readonly { readonly path: string; readonly what: OddKind }[];
};

/** What a status is made of. */
export type StatusInput = {
  readonly settings: Pick<FolderSettings, 'name' | 'root' | 'shared'>;
  readonly memory: Memory;
  readonly clock: Pick<Clock, 'nowUnixMs' | 'monotonicMs'>;
  readonly anchor: { readonly state: () => AnchorState };
  readonly state: { readonly pausedBy: string | null; readonly isCut: boolean };
};

function reasonToWait({ memory, settings, state, anchor }: StatusInput): string | null {
  if (state.pausedBy !== null) return state.pausedBy;
  if (memory.looks.size > 0 && memory.open.size >= settings.shared.inFlight) return 'in_flight';
  if (state.isCut) return 'too_many_files';
  return anchor.state().eventsLost === null ? null : 'events_lost';
}

type Unreadable = { readonly path: string; readonly sinceMs: number };

function listUnreadable({ looks }: Memory): readonly Unreadable[] {
  return [...looks].flatMap(([path, { unreadableSinceMs }]) =>
    unreadableSinceMs === null ? [] : [{ path, sinceMs: unreadableSinceMs }],
  );
}

function countUnreadable(files: readonly Unreadable[], clock: StatusInput['clock']): FolderStatus['unreadableFiles'] {
  if (files.length === 0) return null;
  const oldestMs = files.reduce((oldest, { sinceMs }) => Math.min(oldest, sinceMs), Infinity);
  return { count: files.length, sinceUnixMs: clock.nowUnixMs() - Math.round(clock.monotonicMs() - oldestMs) };
}

/**
 * Say how a folder is doing.
 *
 * @param input - Its loop.
 */
export function toFolderStatus(input: StatusInput): FolderStatus {
  const { settings, memory, anchor, clock } = input;
  const { isThere, sinceUnixMs, reason, eventsLost } = anchor.state();
  const unreadable = listUnreadable(memory);
  return {
    name: settings.name,
    path: settings.root,
    state: isThere ? 'watching' : 'missing',
    sinceUnixMs,
    reason: isThere ? reasonToWait(input) : reason,
    waiting: memory.looks.size,
    inFlight: memory.open.size,
    unreadable: unreadable.slice(0, SHOWN).map(({ path }) => path),
    unreadableFiles: countUnreadable(unreadable, clock),
    eventsLost,
    odd: [...memory.odd].slice(0, SHOWN).map(([path, what]) => ({ path, what })),
  };
}
