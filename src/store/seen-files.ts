// Which files of watch folders are known, by folder, path and content: what makes taking in happen exactly once.

import type { SubmissionId } from '../core/ids.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { FailedFile, FolderCounts, FolderOutcome } from './intake-types.ts';
import { addPostAction } from './post-actions.ts';
import { readJson, readNumber, readSubmissionId, readSubmissionState, readText, readTextOrNull } from './rows.ts';
import { isSubmissionCounted } from './states.ts';
import type { Row } from './database.ts';
import type { FailureRecord, FolderFile, FolderOrigin } from './submission-types.ts';

const FORGET_BATCH = 500;
const SHOWN_FAILURES = 20;

// A file that was never read has no hash; no file has this one.
const UNREAD = '';

type Content = { readonly origin: FolderOrigin; readonly sha256: string };

function keep(
  { database }: StoreContext,
  { origin, sha256 }: Content,
  row: {
    readonly state: 'open' | FolderOutcome;
    readonly submissionId: SubmissionId | null;
    readonly failure?: FailureRecord;
    readonly nowUnixMs: number;
  },
): void {
  database.run(
    `INSERT INTO seen_file (folder, path, sha256, identity, submission_id, state, failure, seen_at)
     VALUES (:folder, :path, :sha256, :identity, :submission, :state, :failure, :now)
     ON CONFLICT (folder, path, sha256) DO UPDATE SET identity = excluded.identity, state = excluded.state,
       submission_id = excluded.submission_id, failure = excluded.failure, seen_at = excluded.seen_at`,
    {
      folder: origin.folder,
      path: origin.path,
      sha256,
      identity: origin.identity,
      submission: row.submissionId,
      state: row.state,
      failure: row.failure === undefined ? null : JSON.stringify(row.failure),
      now: row.nowUnixMs,
    },
  );
}

/** A failed submission that a person set going again counts as open: its file is not taken a second time. */
function isOpen({ database }: StoreContext, row: Row): boolean {
  const id = readTextOrNull(row, 'submission_id');
  if (id === null) return false;
  const submission = database.get('SELECT * FROM submission WHERE id = :id', { id });
  return submission !== undefined && isSubmissionCounted(readSubmissionState(submission));
}

/**
 * The submission of a file that need not be taken again: it is still being converted, or was converted before. In the latter
 * case what is done with finished files is due for this one too.
 *
 * @param context - Inside the transaction of the taking in.
 * @returns null = take it.
 */
export function findSeen(context: StoreContext, content: Content, time: CallTime): SubmissionId | null {
  const { origin, sha256 } = content;
  const row = context.database.get(
    'SELECT * FROM seen_file WHERE folder = :folder AND path = :path AND sha256 = :sha256',
    { folder: origin.folder, path: origin.path, sha256 },
  );
  if (row === undefined) return null;
  const isDone = row['state'] === 'done';
  if (!isDone && !isOpen(context, row)) return null;
  const submissionId = readSubmissionId(row, 'submission_id');
  keep(context, content, { state: isDone ? 'done' : 'open', submissionId, ...time });
  if (isDone) addPostAction(context, { ...content, submissionId, outcome: 'done' }, time);
  return submissionId;
}

/**
 * Remember a file that is being taken in.
 *
 * @param context - Inside the transaction of the taking in.
 */
export function rememberTaken(
  context: StoreContext,
  content: Content & { readonly submissionId: SubmissionId },
  { nowUnixMs }: CallTime,
): void {
  keep(context, content, { state: 'open', submissionId: content.submissionId, nowUnixMs });
}

/**
 * Remember how the conversion of a file ended, and what has to be done with it: nothing where no watch folder sent it.
 *
 * @param context - Inside the transaction of the end.
 */
export function rememberEnd(
  context: StoreContext,
  end: {
    readonly submissionId: SubmissionId;
    readonly outcome: FolderOutcome;
    readonly converter: string | null;
    readonly failure: FailureRecord | null;
  },
  time: CallTime,
): void {
  const { submissionId, outcome, failure } = end;
  const rows = context.database.all('SELECT * FROM seen_file WHERE submission_id = :id', { id: submissionId });
  for (const row of rows) {
    const sha256 = readText(row, 'sha256');
    const [folder, path] = [readText(row, 'folder'), readText(row, 'path')];
    context.database.run(
      `UPDATE seen_file SET state = :state, failure = :failure, seen_at = :now
       WHERE folder = :folder AND path = :path AND sha256 = :sha256`,
      {
        folder,
        path,
        sha256,
        state: outcome,
        failure: failure === null ? null : JSON.stringify(failure),
        now: time.nowUnixMs,
      },
    );
    const identity = readTextOrNull(row, 'identity');
    // Gone already, e.g. moved away after an earlier end of this submission.
    if (identity !== null) addPostAction(context, { ...end, origin: { folder, path, identity }, sha256 }, time);
  }
}

/**
 * Forget that the files of a submission were converted, because it is deleted: one that comes again is taken in again. One that still
 * lies there stays known.
 *
 * @param context - Inside the transaction of the deletion.
 * @param failure - What is shown of those that stay known.
 */
export function forgetDone({ database }: StoreContext, submissionId: SubmissionId, failure: FailureRecord): void {
  database.run('DELETE FROM seen_file WHERE submission_id = :id AND identity IS NULL', { id: submissionId });
  database.run(
    "UPDATE seen_file SET state = 'failed', failure = :failure WHERE submission_id = :id AND state = 'done'",
    {
      id: submissionId,
      failure: JSON.stringify(failure),
    },
  );
}

/**
 * Remember a file that cannot be taken in at all, so that it is put aside like one that failed.
 *
 * @param context - Inside a transaction.
 */
export function refuseFile(
  context: StoreContext,
  { origin, failure }: { readonly origin: FolderOrigin; readonly failure: FailureRecord },
  time: CallTime,
): void {
  keep(context, { origin, sha256: UNREAD }, { state: 'failed', submissionId: null, failure, ...time });
  addPostAction(context, { origin, sha256: null, submissionId: null, outcome: 'failed', failure }, time);
}

/**
 * Which of these files are known and have not been written to since?
 *
 * @param context - Of the store.
 * @returns their paths.
 */
export function findKnownFiles(
  { database }: StoreContext,
  folder: string,
  files: readonly FolderFile[],
): readonly string[] {
  return files
    .filter(({ path, identity }) => {
      const parameters = { folder, path, identity };
      const sql = 'SELECT 1 FROM seen_file WHERE folder = :folder AND path = :path AND identity = :identity';
      return database.get(sql, parameters) !== undefined;
    })
    .map(({ path }) => path);
}

/**
 * Note that known files still lie there: they stay known.
 *
 * @param context - Inside a transaction.
 */
export function touchFiles(
  { database }: StoreContext,
  { folder, paths }: { readonly folder: string; readonly paths: readonly string[] },
  { nowUnixMs }: CallTime,
): void {
  for (const path of paths) {
    const sql = 'UPDATE seen_file SET seen_at = :now WHERE folder = :folder AND path = :path';
    database.run(sql, { folder, path, now: nowUnixMs });
  }
}

/**
 * Forget one batch of a folder's files that were not seen since; those still being converted stay.
 *
 * @param context - Inside a transaction.
 * @returns How many: a whole batch of 500 says that there may be more.
 */
export function forgetFiles(
  { database }: StoreContext,
  { folder, beforeUnixMs }: { readonly folder: string; readonly beforeUnixMs: number },
): number {
  const { changes } = database.run(
    `DELETE FROM seen_file WHERE (folder, path, sha256) IN (
       SELECT folder, path, sha256 FROM seen_file
       WHERE folder = :folder AND seen_at < :before AND state <> 'open' LIMIT ${FORGET_BATCH})`,
    { folder, before: beforeUnixMs },
  );
  return changes;
}

/**
 * Submissions that watch folders wait for.
 *
 * @param context - Of the store.
 */
export function listOpenFiles({
  database,
}: StoreContext): readonly { readonly folder: string; readonly submissionId: SubmissionId }[] {
  return database
    .all("SELECT folder, submission_id FROM seen_file WHERE state = 'open'")
    .map((row) => ({ folder: readText(row, 'folder'), submissionId: readSubmissionId(row, 'submission_id') }));
}

function toFailed(row: Row): FailedFile {
  const failure: FailureRecord =
    row['failure'] === null ? { code: 'internal', message: 'it is not known why' } : readJson(row, 'failure');
  const id = readTextOrNull(row, 'submission_id');
  return {
    path: readText(row, 'path'),
    submissionId: id === null ? null : readSubmissionId(row, 'submission_id'),
    code: failure.code,
    message: failure.message,
    atUnixMs: readNumber(row, 'seen_at'),
  };
}

function countActions(
  { database }: StoreContext,
  folder: string,
): Pick<FolderCounts, 'actions' | 'failing' | 'firstFailing'> {
  const counts = database.get(
    'SELECT count(*) AS actions, total(attempts > 0) AS failing FROM post_action WHERE folder = :folder',
    { folder },
  );
  const first = database.get(
    'SELECT path, error, ended_at FROM post_action WHERE folder = :folder AND attempts > 0 ORDER BY ended_at LIMIT 1',
    { folder },
  );
  return {
    actions: counts === undefined ? 0 : readNumber(counts, 'actions'),
    failing: counts === undefined ? 0 : readNumber(counts, 'failing'),
    firstFailing:
      first === undefined
        ? null
        : {
            path: readText(first, 'path'),
            error: readTextOrNull(first, 'error') ?? '',
            sinceUnixMs: readNumber(first, 'ended_at'),
          },
  };
}

/**
 * What is known about each watch folder that ever sent a file.
 *
 * @param context - Of the store.
 */
export function countFolders(context: StoreContext): readonly FolderCounts[] {
  const { database } = context;
  const counts = new Map<string, { open: number; done: number; failed: number }>();
  for (const row of database.all('SELECT folder, state, count(*) AS count FROM seen_file GROUP BY folder, state')) {
    const folder = readText(row, 'folder');
    const found = counts.get(folder) ?? { open: 0, done: 0, failed: 0 };
    const state = readText(row, 'state');
    if (state === 'open' || state === 'done' || state === 'failed') found[state] = readNumber(row, 'count');
    counts.set(folder, found);
  }
  return [...counts].map(([folder, found]) => ({
    folder,
    ...found,
    failures: database
      .all(
        `SELECT * FROM seen_file WHERE folder = :folder AND state = 'failed' ORDER BY seen_at DESC LIMIT ${SHOWN_FAILURES}`,
        { folder },
      )
      .map(toFailed),
    ...countActions(context, folder),
  }));
}
