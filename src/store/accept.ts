// Takes one file in, or says why not: known key, bound, then the rows.

import { createHash } from 'node:crypto';
import { makeUuidV7, toSubmissionId } from '../core/ids.ts';
import type { CallTime, StoreContext } from './context.ts';
import { toRank } from './rank.ts';
import { readNumber, readSubmissionId, readText } from './rows.ts';
import type { PlacedInput } from './placed.ts';
import { findSeen, rememberTaken } from './seen-files.ts';
import type { AcceptOutcome } from './types.ts';

// A full queue empties by conversions and uploads, which take about as long.
const COUNT_RETRY_AFTER_MS = 1_000;

/** SHA-256 as lower-case hex. */
export function hash(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

type Hashed = { readonly input: PlacedInput; readonly sha256: string };

function findFirstAnswer({ database }: StoreContext, { input, sha256 }: Hashed): AcceptOutcome | null {
  const row = database.get('SELECT * FROM idempotency WHERE kid = :kid AND key = :key', {
    kid: input.kid,
    key: input.idempotencyKey,
  });
  if (row === undefined) return null;
  const submissionId = readSubmissionId(row, 'submission_id');
  if (readText(row, 'sha256') !== sha256) return { kind: 'conflict', submissionId };
  return { kind: 'accepted', submissionId, sha256, bytes: readNumber(row, 'size'), duplicate: true };
}

function insert({ database }: StoreContext, { input, sha256 }: Hashed, { nowUnixMs }: CallTime): string {
  const id = makeUuidV7(nowUnixMs);
  const { seq } = database.run(
    `INSERT INTO submission
       (id, kid, name, state, rank, group_key, size, sha256, received_at, wanted_converter, arguments)
     VALUES (:id, :kid, :name, 'received', :rank, :group, :size, :sha256, :now, :converter, :arguments)`,
    {
      id,
      kid: input.kid,
      name: input.name,
      rank: toRank(nowUnixMs, input.priority),
      group: input.group,
      size: input.body.bytes.byteLength,
      sha256,
      now: nowUnixMs,
      converter: input.converter,
      arguments: JSON.stringify(input.arguments),
    },
  );
  database.run('INSERT INTO body (submission, bytes) VALUES (:seq, :bytes)', { seq, bytes: input.body.bytes });
  database.run(
    `INSERT INTO idempotency (kid, key, sha256, size, submission_id, answered_at)
     VALUES (:kid, :key, :sha256, :size, :id, :now)`,
    { kid: input.kid, key: input.idempotencyKey, sha256, size: input.body.bytes.byteLength, id, now: nowUnixMs },
  );
  return id;
}

/**
 * Take a file in as `received`. The caller answers only after the commit.
 *
 * A known key is answered first, so that a repeated call succeeds also when the queue is full meanwhile. Refusals are not
 * remembered: the key stays free.
 *
 * @param context - Inside a transaction.
 */
export function accept(context: StoreContext, input: PlacedInput, time: CallTime): AcceptOutcome {
  const { ledger, limits, refusals } = context;
  const hashed = { input, sha256: hash(input.body.bytes) };
  const first = findFirstAnswer(context, hashed);
  if (first !== null) return first;
  const { origin } = input;
  const seen = origin === null ? null : findSeen(context, { origin, sha256: hashed.sha256 }, time);
  if (seen !== null) {
    return {
      kind: 'accepted',
      submissionId: seen,
      sha256: hashed.sha256,
      bytes: input.body.bytes.byteLength,
      duplicate: true,
    };
  }
  if (limits.maxItems > 0 && ledger.items() >= limits.maxItems) {
    refusals.set('count', (refusals.get('count') ?? 0) + 1);
    return { kind: 'queue_full', reason: 'count', retryAfterMs: COUNT_RETRY_AFTER_MS };
  }
  const submissionId = toSubmissionId(insert(context, hashed, time));
  if (origin !== null) rememberTaken(context, { origin, sha256: hashed.sha256, submissionId }, time);
  ledger.addItems(1);
  ledger.note({
    kind: 'submission',
    kid: input.kid,
    submissionId,
    state: 'received',
    name: input.name,
    converter: input.converter,
    reason: null,
  });
  return {
    kind: 'accepted',
    submissionId,
    sha256: hashed.sha256,
    bytes: input.body.bytes.byteLength,
    duplicate: false,
  };
}
