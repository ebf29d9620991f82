// Runs what waits together: one transaction for all writes, one for all claims, then the reads. Each call ends on its own.

import { AirlockError } from '../core/errors.ts';
import type { StoreContext } from './context.ts';
import { type Durability, inTransaction } from './database.ts';
import { DISK_FULL } from './bounds.ts';
import { isDiskFull, SQLITE_FULL } from './disk-full.ts';
import { type Settled, type StoreReply, toError, toRefusal } from './messages.ts';
import { makeRoom } from './make-room.ts';
import { unlinkFiles } from './payload-files.ts';
import { countRefusal } from './room.ts';
import { kindOf, perform, type StoreRequest } from './operations.ts';

// Source: sqlite.org/rescode.html. These concern the file as a whole, not the one call that met them.
const STORAGE_FAILURES = [7, 8, 10, 11, SQLITE_FULL, 14, 26];

/** What one group came to. */
export type GroupResult = {
  /** Null unless the file cannot be trusted any more: close it and read it anew. */
  readonly fatal: Error | null;
};

function storageFailureOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  const primary = error.errcode & 0xff;
  return STORAGE_FAILURES.includes(primary) ? primary : null;
}

function toReply(error: unknown): StoreReply {
  return error instanceof AirlockError ? toRefusal(error) : { kind: 'bug', error: toError(error) };
}

function performAlone(context: StoreContext, request: StoreRequest): StoreReply {
  const { database, ledger } = context;
  const mark = ledger.mark();
  database.run('SAVEPOINT one');
  try {
    const value = perform(context, request);
    database.run('RELEASE one');
    return { kind: 'value', value };
  } catch (error) {
    if (storageFailureOf(error) !== null || !database.isInTransaction()) throw error;
    database.run('ROLLBACK TO one');
    database.run('RELEASE one');
    ledger.returnTo(mark);
    return toReply(error);
  }
}

function endAll(requests: readonly StoreRequest[], reply: StoreReply): Settled {
  return { changes: [], answers: requests.map(({ id }) => ({ id, reply })) };
}

function failAll(context: StoreContext, requests: readonly StoreRequest[], error: Error): Settled {
  for (const { method } of requests) if (method === 'accept') countRefusal(context, 'store_failed');
  return endAll(requests, { kind: 'failed', error });
}

type Transaction = GroupResult & { readonly settled: Settled };

// Once with the ballast, once more with what the log then gave back.
const FULL_DISK_TRIES = 2;

type Attempt = { readonly durability: Durability; readonly triesLeft: number };

function runTransaction(context: StoreContext, requests: readonly StoreRequest[], attempt: Attempt): Transaction {
  const mark = context.ledger.mark();
  try {
    const answers = inTransaction(
      context.database,
      () => requests.map((request) => ({ id: request.id, reply: performAlone(context, request) })),
      attempt.durability,
    );
    const { changes, files } = context.ledger.commit();
    unlinkFiles(context.payload, files);
    return { fatal: null, settled: { changes, answers } };
  } catch (thrown) {
    context.ledger.returnTo(mark);
    const error = toError(thrown);
    if (isDiskFull(thrown)) return runOnFullDisk(context, requests, { ...attempt, error });
    // After anything else the kernel may claim that lost pages are written.
    return { fatal: error, settled: failAll(context, requests, error) };
  }
}

/**
 * A full disk is left as it was found: nothing is taken in, and everything else gets the ballast to go on with.
 */
function runOnFullDisk(
  context: StoreContext,
  requests: readonly StoreRequest[],
  { error, ...attempt }: Attempt & { readonly error: Error },
): Transaction {
  const accepts = requests.filter(({ method }) => method === 'accept');
  const others = requests.filter(({ method }) => method !== 'accept');
  for (const _accept of accepts) countRefusal(context, 'disk');
  const refused = accepts.map(({ id }) => ({ id, reply: { kind: 'value', value: DISK_FULL } as const }));
  if (others.length === 0) return { fatal: null, settled: { changes: [], answers: refused } };
  const hasRoom = makeRoom(context);
  // Without accepts the same group failed already: only room can help. With accepts, they may have been what was too much.
  const mayTry = attempt.triesLeft > 0 && (hasRoom || accepts.length > 0);
  const { fatal, settled } = mayTry
    ? runTransaction(context, others, { ...attempt, triesLeft: attempt.triesLeft - 1 })
    : { fatal: null, settled: endAll(others, { kind: 'full', error }) };
  return { fatal, settled: { changes: settled.changes, answers: [...refused, ...settled.answers] } };
}

function performRead(context: StoreContext, request: StoreRequest): StoreReply {
  try {
    return { kind: 'value', value: perform(context, request) };
  } catch (error) {
    if (storageFailureOf(error) !== null) throw error;
    return toReply(error);
  }
}

function runReads(context: StoreContext, requests: readonly StoreRequest[]): Transaction {
  try {
    const answers = requests.map((request) => ({ id: request.id, reply: performRead(context, request) }));
    return { fatal: null, settled: { changes: [], answers } };
  } catch (thrown) {
    const fatal = toError(thrown);
    return { fatal, settled: failAll(context, requests, fatal) };
  }
}

/**
 * Run one group of calls that wait at the same time.
 *
 * Order: writes, then claims, then reads, so that a FULL commit is never mixed with claims. None of them was answered yet, so
 * every order is one that the callers could have seen.
 *
 * @param requests - As collected (collect-group.ts).
 * @param settle - Called once per kind, after its commit.
 */
export function runGroup(
  context: StoreContext,
  requests: readonly StoreRequest[],
  settle: (settled: Settled) => void,
): GroupResult {
  const ofKind = (kind: string): readonly StoreRequest[] => requests.filter(({ method }) => kindOf(method) === kind);
  const steps = [
    {
      requests: ofKind('write'),
      run: (group: readonly StoreRequest[]) =>
        runTransaction(context, group, { durability: 'FULL', triesLeft: FULL_DISK_TRIES }),
    },
    {
      requests: ofKind('claim'),
      run: (group: readonly StoreRequest[]) =>
        runTransaction(context, group, { durability: 'NORMAL', triesLeft: FULL_DISK_TRIES }),
    },
    { requests: ofKind('read'), run: (group: readonly StoreRequest[]) => runReads(context, group) },
  ];
  context.disk.forget();
  let fatal: Error | null = null;
  for (const step of steps) {
    if (step.requests.length === 0) continue;
    const done: Transaction =
      fatal === null ? step.run(step.requests) : { fatal, settled: failAll(context, step.requests, fatal) };
    settle(done.settled);
    fatal = done.fatal;
  }
  return { fatal };
}
