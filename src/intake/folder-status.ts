// What one watch folder says about itself.

import type { OddKind } from './look-at.ts';
import type { AnchorState } from './anchor.ts';
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
  /** Why it is missing (the system's code), or why nothing is taken now. */
  readonly reason: string | null;
  /** Files that settle or wait to be taken. */
  readonly waiting: number;
  /** Taken in and not yet converted. */
  readonly inFlight: number;
  /** Files that cannot be opened for now, at most 20. */
  readonly unreadable: readonly string[];
  /** What is never opened, at most 20. */
  readonly odd: readonly { readonly path: string; readonly what: OddKind }[];
};

/** What a status is made of. */
export type StatusInput = {
  readonly settings: Pick<FolderSettings, 'name' | 'root' | 'shared'>;
  readonly memory: Memory;
  readonly anchor: { readonly state: () => AnchorState };
  readonly state: { readonly pausedBy: string | null; readonly isCut: boolean };
};

function reasonToWait({ memory, settings, state }: StatusInput): string | null {
  if (state.pausedBy !== null) return state.pausedBy;
  if (memory.looks.size > 0 && memory.open.size >= settings.shared.inFlight) return 'in_flight';
  return state.isCut ? 'too_many_files' : null;
}

/**
 * Say how a folder is doing.
 *
 * @param input - Its loop.
 */
export function toFolderStatus(input: StatusInput): FolderStatus {
  const { settings, memory, anchor } = input;
  const { isThere, sinceUnixMs, reason } = anchor.state();
  return {
    name: settings.name,
    path: settings.root,
    state: isThere ? 'watching' : 'missing',
    sinceUnixMs,
    reason: isThere ? reasonToWait(input) : reason,
    waiting: memory.looks.size,
    inFlight: memory.open.size,
    unreadable: [...memory.looks]
      .filter(([, look]) => look.unreadableSinceMs !== null)
      .slice(0, SHOWN)
      .map(([path]) => path),
    odd: [...memory.odd].slice(0, SHOWN).map(([path, what]) => ({ path, what })),
  };
}
