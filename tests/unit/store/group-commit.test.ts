import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toSubmissionId } from '../../../src/core/ids.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { makeBallast } from '../../../src/store/ballast.ts';
import { makeFreeDisk } from '../../../src/store/free-disk.ts';
import { runGroup } from '../../../src/store/group-commit.ts';
import { makeLedger } from '../../../src/store/ledger.ts';
import type { StoreReply } from '../../../src/store/messages.ts';
import type { StoreRequest } from '../../../src/store/operations.ts';
import type { AcceptOutcome } from '../../../src/store/types.ts';
import { migrate } from '../../../src/store/schema.ts';
import {
  acceptOne,
  convertOne,
  converted,
  makeInput,
  makeReport,
  makeTemporaryFolder,
  NOON_UNIX_MS,
  openTestEngine,
} from '../../support/store.ts';

describe('one group', () => {
  it('ends each call on its own: a refusal and a bug do not touch their neighbours', () => {
    using engine = openTestEngine({ maxItems: 2 });
    const replies = engine.group(
      ['accept', makeInput()],
      ['endSubmission', 'nobody', converted()],
      ['accept', makeInput({ name: null as unknown as string })],
      ['accept', makeInput()],
      ['accept', makeInput()],
    );

    expect(replies).toMatchObject([
      { kind: 'value', value: { kind: 'accepted' } },
      { kind: 'refused', code: 'not_found' },
      { kind: 'bug' },
      { kind: 'value', value: { kind: 'accepted' } },
      { kind: 'value', value: { kind: 'queue_full' } },
    ]);
    expect(engine.call('stats')).toMatchObject({ items: 2, submissions: { received: 2 } });
  });

  it('lets claims and reads see the writes of the same group', () => {
    using engine = openTestEngine();

    const replies = engine.group(['stats'], ['claimSubmission'], ['accept', makeInput()]);

    expect(replies).toMatchObject([
      { value: { submissions: { converting: 1 } } },
      { value: { kind: 'claimed' } },
      { value: { kind: 'accepted' } },
    ]);
  });

  it('announces changes after their commit, in order, numbered without a gap', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    acceptOne(engine);

    expect(engine.changes.map(({ changeSeq, kind, state }) => [changeSeq, kind, state])).toEqual([
      [1, 'submission', 'received'],
      [2, 'submission', 'converting'],
      [3, 'submission', 'converted'],
      [4, 'report', 'ready'],
      [5, 'submission', 'received'],
    ]);
    expect(engine.call('snapshot', { kid: null })).toMatchObject({
      asOfChange: 5,
      submissions: { received: 1, converted: 1 },
      deliveries: { ready: 1 },
    });
  });
});

function describeReply(reply: StoreReply | undefined): string | undefined {
  if (reply?.kind !== 'value') return reply?.kind;
  const outcome = reply.value as AcceptOutcome;
  return outcome.kind === 'queue_full' ? `queue_full ${outcome.reason}` : outcome.kind;
}

function openLimited(folder: string, pages: number) {
  const database = openDatabase(`${folder}/queue.db`);
  migrate(database);
  const found = Number(database.get('PRAGMA page_count')?.['page_count']);
  database.exec(`PRAGMA max_page_count = ${found + pages}`);
  const ledger = makeLedger({ items: 0, bytes: 0, lastSeq: 0 });
  const limits = {
    maxItems: 0,
    maxBytes: 0,
    diskFloorBytes: 0,
    ballastBytes: 0,
    receipts: { keep: 1, count: 1 },
    idempotencyMs: 1,
  };
  const context = {
    database,
    ledger,
    limits,
    refusals: new Map<string, number>(),
    shortage: { bytes: 0 },
    keySweep: { after: null },
    payload: `${folder}/payload`,
    disk: makeFreeDisk(folder, database),
    ballast: makeBallast(`${folder}/ballast`, 0),
  };
  let lastId = 0;
  const run = (call: Pick<StoreRequest, 'method' | 'args'>) => {
    lastId += 1;
    const request = { id: lastId, nowUnixMs: NOON_UNIX_MS, ...call } as StoreRequest;
    const replies: StoreReply[] = [];
    const { fatal } = runGroup(context, [request], ({ answers }) => replies.push(...answers.map(({ reply }) => reply)));
    return { reply: replies[0], fatal };
  };
  const accept = (bytes: number) => {
    const input = makeInput({ body: { kind: 'inline', bytes: Buffer.alloc(bytes) } });
    const { reply, fatal } = run({ method: 'accept', args: [input] });
    return { reply: describeReply(reply), fatal };
  };
  return { context, accept, run };
}

describe('a full disk', () => {
  it('refuses what was to be taken in, keeps what was there, counts the refusal, and lets smaller ones through later', () => {
    using folder = makeTemporaryFolder();
    const { context, accept } = openLimited(folder.path, 20);
    using database = context.database;
    const before = accept(1_000);

    const full = accept(100_000);
    const after = accept(1_000);

    expect([before, full, after]).toEqual([
      { reply: 'accepted', fatal: null },
      { reply: 'queue_full disk', fatal: null },
      { reply: 'accepted', fatal: null },
    ]);
    expect(context.ledger.items()).toBe(2);
    expect(context.refusals.get('disk')).toBe(1);
    expect(database.get('SELECT count(*) AS n FROM submission')).toEqual({ n: 2 });
  });
});

describe('a full disk, for what is not taken in', () => {
  it('is told as full, not as a store that failed, and leaves the store as it was', () => {
    using folder = makeTemporaryFolder();
    const { context, accept, run } = openLimited(folder.path, 20);
    using database = context.database;
    accept(10);
    run({ method: 'claimSubmission', args: [] });
    const id = toSubmissionId(String(database.get('SELECT id FROM submission')?.['id']));

    const end = run({ method: 'endSubmission', args: [id, converted(makeReport(1, { body: 'x'.repeat(200_000) }))] });

    expect(end).toEqual({ reply: { kind: 'full', error: expect.any(Error) }, fatal: null });
    expect(database.get('SELECT state FROM submission')).toEqual({ state: 'converting' });
    expect(Object.fromEntries(context.refusals)).toEqual({});
  });
});

describe('a damaged file', () => {
  it('is fatal, after every call of the group was answered as failed', () => {
    using folder = makeTemporaryFolder();
    const { database } = openLimited(folder.path, 10_000).context;
    const root = Number(database.get("SELECT rootpage AS n FROM sqlite_schema WHERE name = 'idempotency'")?.['n']);
    database[Symbol.dispose]();
    const file = `${folder.path}/queue.db`;
    writeFileSync(file, readFileSync(file).fill(0xff, (root - 1) * 4096, root * 4096));
    const { context, accept } = openLimited(folder.path, 10_000);
    using _database = context.database;

    const outcome = accept(10);

    expect(outcome).toEqual({ reply: 'failed', fatal: expect.any(Error) });
    expect(context.ledger.items()).toBe(0);
  });
});
