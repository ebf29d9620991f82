import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import type { NewReport } from '../../../src/store/types.ts';
import { makeVerify } from '../../../src/store/verify.ts';
import {
  acceptOne,
  claimOne,
  converted,
  convertOne,
  DELIVERED,
  makeAttached,
  makeAttachment,
  makeReport,
  NOON_UNIX_MS,
  openTestEngine,
  reportId,
  type TestEngine,
} from '../../support/store.ts';

const { signal } = new AbortController();
const quiet = { signal, onProgress: () => undefined };

function verifyOf(engine: TestEngine) {
  return makeVerify({
    payload: engine.payload,
    next: async (after) => engine.call('verifyRows', after),
    isNamed: async (body) => engine.call('isFileNamed', body),
  });
}

/** Change the file behind the store's back. */
function damage(engine: TestEngine, sql: string): void {
  using database = openDatabase(engine.path);
  database.exec(sql);
}

function storeLarge(engine: TestEngine, sha256: string) {
  mkdirSync(join(engine.payload, '00'), { recursive: true });
  writeFileSync(join(engine.payload, '00', 'large.rep'), '{"n":7}');
  acceptOne(engine);
  const taken = engine.call('claimSubmission');
  if (taken.kind !== 'claimed') throw new Error('nothing to convert');
  const large = { ...makeReport(7, { body: '' }), placed: { file: '00/large.rep', size: 7, sha256 } };
  engine.call('endSubmission', taken.item.submissionId, converted(large));
}

describe('verify', () => {
  it('checks every body that is kept, in the database and in files', async () => {
    using engine = openTestEngine();
    convertOne(engine, [makeAttached(1, [makeAttachment('picture')]), makeReport(2)]);
    for (let n = 0; n < 60; n += 1) acceptOne(engine);
    storeLarge(engine, '0b6b1b4ab8a1ac6d2a4b0b8ac0ff2f8d0b4f3b5d3b2e9a3e8d1f6c7b5a4e3d2c');

    const outcome = await verifyOf(engine)(quiet);

    expect(outcome).toMatchObject({
      checked: 62 + 3 + 1,
      damagedCount: 1,
      damaged: [{ kind: 'report', id: reportId(7), problem: 'mismatch' }],
    });
  });

  it('names what is missing or changed', async () => {
    using engine = openTestEngine();
    const first = convertOne(engine, [makeReport(1)]);
    acceptOne(engine);
    damage(engine, "UPDATE body SET bytes = x'00' WHERE submission = 1; DELETE FROM report_body WHERE report = 1");

    const { damaged } = await verifyOf(engine)(quiet);

    expect(damaged).toEqual([
      { kind: 'submission', id: first, problem: 'mismatch' },
      { kind: 'report', id: reportId(1), problem: 'missing' },
    ]);
  });

  it('says nothing of a file that was let go while it was read', async () => {
    using engine = openTestEngine();
    storeLarge(engine, 'other');
    const batch = engine.call('verifyRows', null);
    claimOne(engine);
    engine.call('endDelivery', { reportId: reportId(7), revision: 1, destination: 'folder' }, DELIVERED);
    const verify = makeVerify({
      payload: engine.payload,
      next: async () => ({ ...batch, next: null }),
      isNamed: async (body) => engine.call('isFileNamed', body),
    });

    expect(await verify(quiet)).toMatchObject({ checked: 2, damagedCount: 0 });
  });

  it('ends between two batches when it is aborted', async () => {
    using engine = openTestEngine();
    for (let n = 0; n < 60; n += 1) acceptOne(engine);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));

    await expect(verifyOf(engine)({ signal: controller.signal, onProgress })).rejects.toThrow('enough');
  });
});

describe('shape()', () => {
  it('counts what waits by state, cause and age', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1), makeReport(2)]);
    engine.nowUnixMs += 61_000;
    convertOne(engine, [makeReport(3)]);
    engine.call('endDelivery', claimOne(engine), { state: 'dead', reason: 'status_400', error: '400', answer: null });
    acceptOne(engine);
    engine.call('pause', 'folder');

    const { rows, boundsMs } = engine.call('shape');

    expect(boundsMs[0]).toBe(60_000);
    expect(rows).toEqual([
      {
        kind: 'delivery',
        state: 'ready',
        cause: 'paused',
        destination: 'folder',
        count: 2,
        counts: [1, 1, 0, 0, 0, 0, 0],
        oldestAgeMs: 61_000,
      },
      expect.objectContaining({ kind: 'submission', state: 'received', cause: null, count: 1 }),
      expect.objectContaining({ kind: 'delivery', state: 'dead', cause: 'status_400', counts: [0, 1, 0, 0, 0, 0, 0] }),
    ]);
  });
});

describe('compactStep()', () => {
  it('gives back what deleted bodies took', () => {
    using engine = openTestEngine();
    for (let n = 1; n <= 8; n += 1) convertOne(engine, [makeReport(n, { body: JSON.stringify('x'.repeat(100_000)) })]);
    engine.call(
      'handDeliveries',
      { kind: 'filter', after: 0, state: null, destination: null },
      { action: 'delete', isDryRun: false },
    );

    const step = engine.call('compactStep');

    expect(step.freedBytes).toBeGreaterThan(600_000);
    expect(step.hasMore).toBe(false);
    expect(engine.call('compactStep').freedBytes).toBe(0);
  });
});

describe('resendReports()', () => {
  const since = { sinceUnixMs: NOON_UNIX_MS, after: 0 };
  const again = (engine: TestEngine, destination: string, isDryRun = false) =>
    engine.call('resendReports', { ...since, destination }, { isDryRun });
  const convertNext = (engine: TestEngine, ...reports: readonly NewReport[]) => {
    const taken = engine.call('claimSubmission');
    if (taken.kind !== 'claimed') throw new Error('nothing to convert');
    engine.call('endSubmission', taken.item.submissionId, converted(...reports));
  };

  it('sends what is still kept to a new destination at once', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);

    const dry = again(engine, 'wats', true);
    const real = again(engine, 'wats');

    const none = { file_gone: 0, queue_full: 0, wrong_state: 0 };
    expect([dry, real]).toEqual([1, 1].map((count) => ({ count, sources: [], skipped: none, next: null })));
    expect(claimOne(engine, 'wats')).toMatchObject({ reportId: reportId(1), body: '{"n":1}' });
    expect(engine.call('stats').items).toBe(1);
    expect(again(engine, 'wats').skipped.wrong_state).toBe(1);
  });

  it('converts a file again whose reports were delivered, and sends what comes out unchanged', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);

    const asked = [again(engine, 'folder'), again(engine, 'wats')];
    convertNext(engine, makeReport(1));

    expect(asked.map(({ count, sources }) => [count, sources.length])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(claimOne(engine, 'folder')).toMatchObject({ reportId: reportId(1), revision: 1, body: '{"n":1}', tries: 2 });
    expect(engine.call('stats').items).toBe(1);
    engine.call('endDelivery', claimOne(engine, 'wats'), DELIVERED);
    engine.call('endDelivery', { reportId: reportId(1), revision: 1, destination: 'folder' }, DELIVERED);
    expect(engine.call('stats')).toMatchObject({ items: 0, bytes: { reports: 0 } });
  });

  it.each([true, false])('names a file once whose reports lie in two batches (dry run: %s)', (isDryRun) => {
    using engine = openTestEngine();
    convertOne(
      engine,
      Array.from({ length: 101 }, (_none, n) => makeReport(n + 1)),
    );
    for (let n = 0; n < 101; n += 1) engine.call('endDelivery', claimOne(engine), DELIVERED);

    const first = again(engine, 'folder', isDryRun);
    const second = engine.call(
      'resendReports',
      { destination: 'folder', sinceUnixMs: NOON_UNIX_MS, after: first.next ?? 0 },
      { isDryRun },
    );

    expect([first.sources.length, second.next]).toEqual([1, null]);
    expect(second.sources).toEqual(first.sources);
  });

  it('is asked for once: a later conversion sends nothing again', () => {
    using engine = openTestEngine();
    const id = convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    again(engine, 'folder');
    convertNext(engine, makeReport(1));
    engine.call('endDelivery', claimOne(engine), DELIVERED);

    engine.call(
      'retrySubmissions',
      { kind: 'named', submissions: [id] },
      { converter: null, arguments: null, kid: null, isDryRun: false },
    );
    convertNext(engine, makeReport(1));

    expect(engine.call('stats').deliveries.ready).toBe(0);
  });

  it('leaves out what is older, and says what it cannot send', () => {
    using engine = openTestEngine({ maxItems: 3 });
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    damage(engine, 'UPDATE submission SET has_body = 0');
    acceptOne(engine);
    acceptOne(engine);

    const gone = again(engine, 'folder');
    acceptOne(engine);
    const full = again(engine, 'folder');
    const older = engine.call(
      'resendReports',
      { destination: 'folder', sinceUnixMs: NOON_UNIX_MS + 1, after: 0 },
      { isDryRun: false },
    );

    expect([gone.skipped.file_gone, full.skipped.queue_full]).toEqual([1, 1]);
    expect(older.skipped).toEqual({ file_gone: 0, queue_full: 0, wrong_state: 0 });
  });
});
