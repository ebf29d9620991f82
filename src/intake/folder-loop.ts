// What the rounds of one watch folder's loop share.

import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Store } from '../store/types.ts';
import type { Anchor } from './anchor.ts';
import type { Memory } from './memory.ts';
import type { FolderSettings } from './settings.ts';

/** What the loop needs. */
export type FolderDeps = {
  readonly store: Pick<Store, 'accept' | 'openUpload' | 'knownFiles' | 'refuseFile' | 'touchFiles' | 'forgetFiles'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something is to be done with a file of this folder. */
  readonly onAction: () => void;
};

/** The loop of one folder. */
export type Loop = FolderDeps & {
  readonly settings: FolderSettings;
  readonly memory: Memory;
  readonly hints: Set<string>;
  readonly anchor: Anchor;
  readonly signal: AbortSignal;
  /** Monotonic milliseconds. */
  readonly times: { scanAtMs: number; pausedUntilMs: number; touchAtMs: number };
  readonly state: { pausedBy: string | null; isCut: boolean };
};

/**
 * Take nothing for a while.
 *
 * @param loop - Whose.
 * @param reason - `by`: why, as the status says it; `forMs`: milliseconds.
 */
export function pause(
  { clock, times, state }: Loop,
  { by, forMs }: { readonly by: string; readonly forMs: number },
): void {
  times.pausedUntilMs = clock.monotonicMs() + forMs;
  state.pausedBy = by;
}
