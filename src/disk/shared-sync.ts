// Flushes of folders, shared: whoever asks while one runs is served by the next, together with all others.

import { syncDirectory } from './sync-directory.ts';

/** Flush a folder; resolves once a flush that began after the call has ended. Rejects as the flush does. */
export type SharedSync = (path: string) => Promise<void>;

type Turn = { readonly running: Promise<void>; next: Promise<void> | null };

/**
 * Make one for all who rename into the same folders.
 *
 * @param sync - Flushes one folder; tests count.
 */
export function makeSharedSync(sync: (path: string) => Promise<void> = syncDirectory): SharedSync {
  const turns = new Map<string, Turn>();
  const start = (path: string): Promise<void> => {
    const running = sync(path);
    const turn: Turn = { running, next: null };
    turns.set(path, turn);
    const forget = (): void => {
      if (turns.get(path) === turn && turn.next === null) turns.delete(path);
    };
    running.then(forget, forget);
    return running;
  };
  return (path) => {
    const turn = turns.get(path);
    if (turn === undefined) return start(path);
    // Race: the flush that runs may have begun before the caller's rename.
    turn.next ??= turn.running.then(
      () => start(path),
      () => start(path),
    );
    return turn.next;
  };
}
