// What writing calls were answered, by the key that the caller gave them: a call that is sent again is answered again, not done again.

import type { KeyId } from '../core/ids.ts';
import type { CallTime, StoreContext } from './context.ts';
import { readNumber, readText } from './rows.ts';

/** Answers kept for one key id; the oldest goes first. An answer may be tens of KiB, and the rate limit lets many calls through. */
export const ANSWERS_PER_KID = 1_000;

/** Names one call. */
export type CallKey = { readonly kid: KeyId; readonly key: string };

/** What is kept of a call: the hash of what it asked for, and its answer as JSON. */
export type CallAnswer = { readonly callSha256: string; readonly answer: string };

/** What was answered under this key; null when it is not known. */
export function findCallAnswer({ database }: StoreContext, { kid, key }: CallKey): CallAnswer | null {
  const row = database.get('SELECT call_sha256, answer FROM call_answer WHERE kid = :kid AND key = :key', { kid, key });
  return row === undefined ? null : { callSha256: readText(row, 'call_sha256'), answer: readText(row, 'answer') };
}

/**
 * Keep an answer.
 *
 * @param context - Inside a transaction.
 */
export function keepCallAnswer(
  { database }: StoreContext,
  { kid, key, callSha256, answer }: CallKey & CallAnswer,
  { nowUnixMs }: CallTime,
): void {
  database.run(
    `INSERT OR REPLACE INTO call_answer (kid, key, call_sha256, answer, answered_at)
     VALUES (:kid, :key, :callSha256, :answer, :now)`,
    { kid, key, callSha256, answer, now: nowUnixMs },
  );
  const beyond = database.get('SELECT seq FROM call_answer WHERE kid = :kid ORDER BY seq DESC LIMIT 1 OFFSET :keep', {
    kid,
    keep: ANSWERS_PER_KID,
  });
  if (beyond === undefined) return;
  database.run('DELETE FROM call_answer WHERE kid = :kid AND seq <= :seq', { kid, seq: readNumber(beyond, 'seq') });
}

/**
 * Forget answers that are too old. Few: {@link ANSWERS_PER_KID} for each key.
 *
 * @param context - Inside a transaction.
 */
export function pruneCallAnswers({ database, limits }: StoreContext, { nowUnixMs }: CallTime): void {
  database.run('DELETE FROM call_answer WHERE answered_at <= :until', { until: nowUnixMs - limits.idempotencyMs });
}
