// All watch folders of one instance: the room's surface.

import type { IntakeConfig } from '../config/schema/intake.ts';
import type { Clock } from '../core/clock.ts';
import type { SubmissionId } from '../core/ids.ts';
import { withLastKnown } from '../core/last-known.ts';
import type { Logger } from '../core/logger.ts';
import { isSubmissionOpen } from '../core/states.ts';
import type { FolderCounts, Store, StoreChange } from '../store/types.ts';
import { startFolder, type WatchedFolder } from './folder.ts';
import type { FolderStatus } from './folder-status.ts';
import { type PostActions, startPostActions } from './post-actions.ts';
import { type FolderSettings, readSettings } from './settings.ts';
import { folderOfKid } from './take-file.ts';

/** What watching needs. */
export type IntakeDeps = {
  readonly store: Pick<
    Store,
    | 'accept'
    | 'openUpload'
    | 'knownFiles'
    | 'openFiles'
    | 'refuseFile'
    | 'touchFiles'
    | 'forgetFiles'
    | 'dueActions'
    | 'endPostAction'
    | 'countFolders'
    | 'changes'
  >;
  readonly clock: Clock;
  readonly log: Logger;
  /** Absolute path that a path of the configuration means. */
  readonly resolvePath: (written: string) => string;
  /** Largest file, bytes. */
  readonly maxBytes: number;
};

/** One folder: what its loop says, and what the store knows. */
export type IntakeFolder = FolderStatus & Omit<FolderCounts, 'folder' | 'open'>;

/** All watch folders. Disposing stops everything. */
export type Intake = AsyncDisposable & {
  /** While the store does not answer, with its counts of the last time, and `store_failed` as the reason. */
  readonly list: () => Promise<readonly IntakeFolder[]>;
  /** Take nothing more in; a file that is being read is given up. What is done with finished files goes on. */
  readonly stopTaking: () => Promise<void>;
  /** Look through these folders now (null = all). @returns their names. */
  readonly rescan: (name: string | null) => readonly string[];
};

type Watched = { readonly folder: WatchedFolder; readonly actions: PostActions };

const NOTHING: Omit<FolderCounts, 'folder' | 'open'> = {
  done: 0,
  failed: 0,
  failures: [],
  actions: 0,
  failing: 0,
  firstFailing: null,
};

function watchOne(deps: IntakeDeps, settings: FolderSettings, open: readonly SubmissionId[]): Watched {
  const { store, clock, log } = deps;
  const onAction = (): void => actions.wake();
  const folder = startFolder({ store, clock, log, onAction }, settings, { open });
  const actions = startPostActions({ store, clock, log, onGone: folder.forget }, settings);
  return { folder, actions };
}

function toIntakeFolder(
  status: FolderStatus,
  counts: readonly FolderCounts[],
  { isFresh }: { readonly isFresh: boolean },
): IntakeFolder {
  const known = counts.find(({ folder }) => folder === status.name);
  const { folder: _name, open: _open, ...own } = known ?? { folder: status.name, open: 0, ...NOTHING };
  return { ...status, ...own, reason: status.reason ?? (isFresh ? null : 'store_failed') };
}

/** Is the conversion over? `waiting` and `suspended` ones go on by themselves later. */
function hasEnded({ state }: Extract<StoreChange, { readonly kind: 'submission' }>): boolean {
  return !isSubmissionOpen(state) && state !== 'waiting' && state !== 'suspended';
}

/**
 * Start watching.
 *
 * @param deps - Store, clock, log; borrowed.
 * @param config - `intake`.
 * @throws {AirlockError} unavailable when the store has failed.
 */
export async function startIntake(deps: IntakeDeps, config: IntakeConfig): Promise<Intake> {
  const watched = new Map<string, Watched>();
  const endedEarly = new Set<SubmissionId>();
  let isStarted = false;
  // Order: subscribed before the open files are read, or one that ends in between would count as open for ever.
  const subscription = deps.store.changes.subscribe((change) => {
    if (change.kind !== 'submission' || !hasEnded(change)) return;
    const name = folderOfKid(change.kid);
    if (name === null) return;
    if (!isStarted) endedEarly.add(change.submissionId);
    watched.get(name)?.folder.ended(change.submissionId);
    watched.get(name)?.actions.wake();
  });
  const open = await deps.store.openFiles();
  for (const settings of readSettings(config, deps)) {
    const own = open.filter(({ folder, submissionId }) => folder === settings.name && !endedEarly.has(submissionId));
    watched.set(
      settings.name,
      watchOne(
        deps,
        settings,
        own.map(({ submissionId }) => submissionId),
      ),
    );
  }
  isStarted = true;

  const all = [...watched.values()];

  async function stopTaking(): Promise<void> {
    await Promise.all(all.map(({ folder }) => folder[Symbol.asyncDispose]()));
  }

  async function stop(): Promise<void> {
    subscription[Symbol.dispose]();
    // Order: both are told before either is waited for.
    await Promise.all([stopTaking(), ...all.map(({ actions }) => actions[Symbol.asyncDispose]())]);
  }

  const counts = withLastKnown(deps.store.countFolders, []);
  let stopped: Promise<void> | null = null;
  return {
    list: async () => {
      const { value, isFresh } = await counts();
      return all.map(({ folder }) => toIntakeFolder(folder.status(), value, { isFresh }));
    },
    rescan: (name) => {
      const chosen = all.filter(({ folder }) => name === null || folder.name === name);
      for (const { folder } of chosen) folder.rescan();
      return chosen.map(({ folder }) => folder.name);
    },
    stopTaking,
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  };
}
