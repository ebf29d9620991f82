// What watch folders keep in the store: files they know, and what is still to be done with them.

import type { SubmissionId } from '../core/ids.ts';
import type { FailureRecord, FolderFile, FolderOrigin } from './submission-types.ts';

/** How a file's way ended: what is done with it afterwards follows from that. */
export type FolderOutcome = 'done' | 'failed';

/** Something to do with a file, once its conversion has ended. */
export type PostAction = FolderOrigin & {
  readonly seq: number;
  /** Lower-case hex; null = the file was never read. */
  readonly sha256: string | null;
  /** Null = it was never taken in. */
  readonly submissionId: SubmissionId | null;
  readonly outcome: FolderOutcome;
  readonly converter: string | null;
  readonly failure: FailureRecord | null;
  readonly endedAtUnixMs: number;
  /** Tries that failed so far. */
  readonly attempts: number;
};

/** Actions that are due, oldest first, and how long until the next one (null = there is none). */
export type DueActions = { readonly items: readonly PostAction[]; readonly nextDueInMs: number | null };

/** How one try ended. `isGone`: nothing of that content lies at the path any more, so that the next file there is a new one. */
export type PostActionEnd =
  | { readonly state: 'done'; readonly isGone: boolean }
  | { readonly state: 'deferred'; readonly error: string; readonly afterMs: number };

/** One file of a folder that ended badly. */
export type FailedFile = {
  readonly path: string;
  readonly submissionId: SubmissionId | null;
  readonly code: string;
  readonly message: string;
  readonly atUnixMs: number;
};

/** What the store knows about one watch folder. */
export type FolderCounts = {
  readonly folder: string;
  /** Taken in and not yet converted. */
  readonly open: number;
  readonly done: number;
  readonly failed: number;
  /** Newest first, at most 20. */
  readonly failures: readonly FailedFile[];
  /** Actions that still have to be done, and those of them that failed at least once. */
  readonly actions: number;
  readonly failing: number;
  /** Of the action that fails for the longest time. */
  readonly firstFailing: { readonly path: string; readonly error: string; readonly sinceUnixMs: number } | null;
};

/** The watch folders' part of the store. */
export type IntakeStore = {
  /** Paths of those files that are known and were not written to since. */
  readonly knownFiles: (folder: string, files: readonly FolderFile[]) => Promise<readonly string[]>;
  /** Files taken in and not yet converted, of all folders. */
  readonly openFiles: () => Promise<readonly { readonly folder: string; readonly submissionId: SubmissionId }[]>;
  /** A file that can never be taken in is put aside like one that failed. */
  readonly refuseFile: (origin: FolderOrigin, failure: FailureRecord) => Promise<void>;
  /** Known files that still lie there stay known. */
  readonly touchFiles: (folder: string, paths: readonly string[]) => Promise<void>;
  /** Forget files not seen since then, 500 at a time; gives how many. */
  readonly forgetFiles: (folder: string, beforeUnixMs: number) => Promise<number>;
  readonly dueActions: (folder: string, options: { readonly limit: number }) => Promise<DueActions>;
  readonly endPostAction: (
    action: Pick<PostAction, 'seq' | 'folder' | 'path' | 'identity'>,
    end: PostActionEnd,
  ) => Promise<void>;
  readonly countFolders: () => Promise<readonly FolderCounts[]>;
};
