// Takes one file in, or says why not: known key, bound, then the rows.

import { makeUuidV7, type SubmissionId, toSubmissionId } from '../core/ids.ts';
import { insertBodies, placedHash } from './bodies.ts';
import type { CallTime, StoreContext } from './context.ts';
import { answerAgain, type CallHashes, type FirstAnswer, hashCompanions } from './first-answer.ts';
import { inlineBytes, type PlacedInput, placedSize } from './placed.ts';
import { toRank } from './rank.ts';
import { findNoRoom } from './room.ts';
import { readNumber, readSubmissionId, readText } from './rows.ts';
import { findSeen, rememberTaken } from './seen-files.ts';
import type { AcceptInput, AcceptOutcome, QueueFull, TooLarge } from './types.ts';

export { hashCompanions } from './first-answer.ts';

// A row, its indexes and the receipt, twice: in the log and in the database.
const ROW_BYTES = 4_096;

/** By what a call is known, and what tells its content from another's. */
export type CallContent = Pick<AcceptInput, 'kid' | 'idempotencyKey'> & CallHashes;

/**
 * What a key was answered first; null for one that is not known.
 *
 * @param context - Its database.
 */
export function findFirst(
  { database }: Pick<StoreContext, 'database'>,
  { kid, idempotencyKey }: Pick<AcceptInput, 'kid' | 'idempotencyKey'>,
): FirstAnswer | null {
  const row = database.get('SELECT * FROM idempotency WHERE kid = :kid AND key = :key', { kid, key: idempotencyKey });
  if (row === undefined) return null;
  return {
    submissionId: readSubmissionId(row, 'submission_id'),
    sha256: readText(row, 'sha256'),
    companionsHash: readText(row, 'companions'),
    size: readNumber(row, 'size'),
  };
}

/**
 * The answer that a known key was given, or `conflict` for other content; null for a key that is not known.
 *
 * @param context - Its database.
 */
export function findFirstAnswer(context: Pick<StoreContext, 'database'>, content: CallContent): AcceptOutcome | null {
  const first = findFirst(context, content);
  return first === null ? null : answerAgain(first, content);
}

const NO_ARGUMENTS = '{}';

/**
 * Bytes of arguments, as they count towards `maxBytes`.
 *
 * @param json - As they are stored.
 */
export function measureArguments(json: string): number {
  return json === NO_ARGUMENTS ? 0 : Buffer.byteLength(json);
}

type Measured = {
  readonly input: PlacedInput;
  readonly content: CallContent;
  readonly size: number;
  /** Of the companions, and of the arguments: whatever is kept beside the file. */
  readonly companionSize: number;
  /** What comes with the row itself. */
  readonly rowBytes: number;
};

function measure(input: PlacedInput): Measured {
  const { kid, idempotencyKey, body, companions } = input;
  const hashed = companions.map(({ name, body: each }) => ({ name, sha256: placedHash(each) }));
  const content = { kid, idempotencyKey, sha256: placedHash(body), companionsHash: hashCompanions(hashed) };
  const argumentBytes = measureArguments(JSON.stringify(input.arguments));
  const companionSize = companions.reduce((sum, each) => sum + placedSize(each.body), argumentBytes);
  return { input, content, size: placedSize(body), companionSize, rowBytes: inlineBytes(input) + argumentBytes };
}

function insert({ database }: StoreContext, measured: Measured, { nowUnixMs }: CallTime): SubmissionId {
  const { input, content, size, companionSize } = measured;
  const id = toSubmissionId(makeUuidV7(nowUnixMs));
  const { seq } = database.run(
    `INSERT INTO submission
       (id, kid, name, state, rank, group_key, size, sha256, received_at, wanted_converter, arguments,
        body_file, companion_size)
     VALUES (:id, :kid, :name, 'received', :rank, :group, :size, :sha256, :now, :converter, :arguments,
        :file, :companionSize)`,
    {
      id,
      kid: input.kid,
      name: input.name,
      rank: toRank(nowUnixMs, input.priority),
      group: input.group,
      size,
      sha256: content.sha256,
      now: nowUnixMs,
      converter: input.converter,
      arguments: JSON.stringify(input.arguments),
      file: input.body.kind === 'file' ? input.body.file : null,
      companionSize,
    },
  );
  insertBodies({ database }, seq, input);
  const { kid, idempotencyKey: key, sha256, companionsHash } = content;
  database.run(
    `INSERT INTO idempotency (kid, key, sha256, size, submission_id, answered_at, companions)
     VALUES (:kid, :key, :sha256, :size, :id, :now, :companions)`,
    { kid, key, sha256, size, id, now: nowUnixMs, companions: companionsHash },
  );
  return id;
}

/** What came as an upload has its room already; the rest has to find some. */
function findNoPlace(
  context: StoreContext,
  { input, size, companionSize, rowBytes }: Measured,
): QueueFull | TooLarge | null {
  const { ledger, disk } = context;
  const reserved = input.uploadIds.map((uploadId) => ledger.reservations.find(uploadId));
  const hasItem = reserved.some((each) => each !== undefined && each.items > 0);
  const hasRoom = reserved.length > 0 && reserved.every((each) => each !== undefined);
  const bytes = hasRoom ? rowBytes : size + companionSize;
  const isFile = reserved.length > 0;
  if (hasItem && bytes === 0) return null;
  const refusal = findNoRoom(context, { items: hasItem ? 0 : 1, bytes, totalBytes: size + companionSize, isFile });
  if (refusal === null) disk.take(2 * rowBytes + ROW_BYTES);
  return refusal;
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
  const { ledger } = context;
  const measured = measure(input);
  const { content, size, companionSize } = measured;
  const first = findFirstAnswer(context, content);
  if (first !== null) return first;
  const { origin } = input;
  const { sha256 } = content;
  const seen = origin === null ? null : findSeen(context, { origin, sha256 }, time);
  if (seen !== null) return { kind: 'accepted', submissionId: seen, sha256, bytes: size, duplicate: true };
  const refusal = findNoPlace(context, measured);
  if (refusal !== null) return refusal;
  const submissionId = insert(context, measured, time);
  if (origin !== null) rememberTaken(context, { origin, sha256, submissionId }, time);
  ledger.addItems(1);
  ledger.addBytes(size + companionSize);
  for (const uploadId of input.uploadIds) ledger.reservations.consume(uploadId);
  ledger.note({
    kind: 'submission',
    kid: input.kid,
    submissionId,
    state: 'received',
    name: input.name,
    converter: input.converter,
    reason: null,
  });
  return { kind: 'accepted', submissionId, sha256, bytes: size, duplicate: false };
}
