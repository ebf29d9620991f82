// What is still to be done with files of watch folders: a list that survives everything, worked off by `intake`.

import type { SubmissionId } from '../core/ids.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import type { DueActions, FolderOutcome, PostAction, PostActionEnd } from './intake-types.ts';
import { readJson, readNumber, readNumberOrNull, readSubmissionId, readText, readTextOrNull } from './rows.ts';
import type { FailureRecord, FolderOrigin } from './submission-types.ts';

/** What is known when an action comes up. */
export type NewPostAction = {
  readonly origin: FolderOrigin;
  readonly sha256: string | null;
  readonly submissionId: SubmissionId | null;
  readonly outcome: FolderOutcome;
  readonly converter?: string | null;
  readonly failure?: FailureRecord | null;
};

/**
 * Put an action on the list. One at the same path gives way: its file is not there any more.
 *
 * @param context - Inside a transaction.
 */
export function addPostAction({ database }: StoreContext, action: NewPostAction, { nowUnixMs }: CallTime): void {
  const { origin, sha256, submissionId, outcome, converter = null, failure = null } = action;
  database.run(
    `INSERT OR REPLACE INTO post_action
       (folder, path, identity, sha256, submission_id, outcome, converter, failure, ended_at, due)
     VALUES (:folder, :path, :identity, :sha256, :submission, :outcome, :converter, :failure, :now, :now)`,
    {
      folder: origin.folder,
      path: origin.path,
      identity: origin.identity,
      sha256,
      submission: submissionId,
      outcome,
      converter,
      failure: failure === null ? null : JSON.stringify(failure),
      now: nowUnixMs,
    },
  );
}

function toAction(row: Row): PostAction {
  const id = readTextOrNull(row, 'submission_id');
  return {
    seq: readNumber(row, 'seq'),
    folder: readText(row, 'folder'),
    path: readText(row, 'path'),
    identity: readText(row, 'identity'),
    sha256: readTextOrNull(row, 'sha256'),
    submissionId: id === null ? null : readSubmissionId(row, 'submission_id'),
    outcome: row['outcome'] === 'done' ? 'done' : 'failed',
    converter: readTextOrNull(row, 'converter'),
    failure: row['failure'] === null ? null : readJson(row, 'failure'),
    endedAtUnixMs: readNumber(row, 'ended_at'),
    attempts: readNumber(row, 'attempts'),
  };
}

/**
 * Actions of one folder that are due, oldest first.
 *
 * @param context - Of the store.
 * @param folder - Name of the watch folder.
 */
export function listDueActions(
  { database }: StoreContext,
  folder: string,
  { limit, nowUnixMs }: CallTime & { readonly limit: number },
): DueActions {
  const items = database
    .all('SELECT * FROM post_action WHERE folder = :folder AND due <= :now ORDER BY due, seq LIMIT :limit', {
      folder,
      now: nowUnixMs,
      limit,
    })
    .map(toAction);
  const next = database.get('SELECT min(due) AS due FROM post_action WHERE folder = :folder', { folder });
  const due = next === undefined ? null : readNumberOrNull(next, 'due');
  return { items, nextDueInMs: due === null ? null : Math.max(1, due - nowUnixMs) };
}

/**
 * Write down how one try ended. An action that another one took the place of is left alone.
 *
 * @param context - Inside a transaction.
 * @param action - As it was listed.
 */
export function endPostAction(
  { database }: StoreContext,
  { seq, folder, path, identity }: Pick<PostAction, 'seq' | 'folder' | 'path' | 'identity'>,
  { end, nowUnixMs }: CallTime & { readonly end: PostActionEnd },
): void {
  if (end.state === 'deferred') {
    database.run('UPDATE post_action SET attempts = attempts + 1, error = :error, due = :due WHERE seq = :seq', {
      seq,
      error: end.error,
      due: nowUnixMs + end.afterMs,
    });
    return;
  }
  database.run('DELETE FROM post_action WHERE seq = :seq', { seq });
  if (!end.isGone) return;
  const sql = 'UPDATE seen_file SET identity = NULL WHERE folder = :folder AND path = :path AND identity = :identity';
  database.run(sql, { folder, path, identity });
}
