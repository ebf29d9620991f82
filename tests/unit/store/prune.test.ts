import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  acceptOne,
  claimOne,
  convertOne,
  DELIVERED,
  ended,
  makeInput,
  makeReport,
  openTestEngine,
  type TestEngine,
} from '../../support/store.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const LIMITS = { receipts: { keep: 30 * DAY_MS, count: 100 }, idempotencyMs: DAY_MS };

const idle = (engine: TestEngine): void => void engine.call('claimSubmission');

function count(engine: TestEngine, table: string): number {
  const database = new DatabaseSync(engine.path, { readOnly: true });
  const row = database.prepare(`SELECT count(*) AS n FROM ${table}`).get();
  database.close();
  return Number(row?.['n']);
}

function skipOne(engine: TestEngine) {
  const submissionId = acceptOne(engine);
  engine.call('claimSubmission');
  engine.call('endSubmission', submissionId, ended({ state: 'skipped', reason: 'x' }));
  return submissionId;
}

describe('receipts', () => {
  it.each([
    [-1, 1],
    [0, 0],
    [1, 0],
  ])('%i ms from their age leave %i submission', (offset, left) => {
    using engine = openTestEngine(LIMITS);
    const submissionId = convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    engine.nowUnixMs += LIMITS.receipts.keep + offset;
    idle(engine);

    expect(count(engine, 'submission')).toBe(left);
    expect(count(engine, 'report')).toBe(left);
    expect(engine.call('getSubmission', submissionId, { kid: null }) !== null).toBe(left === 1);
  });

  it('are kept by count, but for a day at least', () => {
    using engine = openTestEngine({ ...LIMITS, receipts: { keep: 30 * DAY_MS, count: 2 } });
    for (let n = 0; n < 4; n += 1) {
      skipOne(engine);
      engine.nowUnixMs += 1;
    }
    engine.nowUnixMs += HOUR_MS;
    idle(engine);
    const withinDay = count(engine, 'submission');
    engine.nowUnixMs += DAY_MS;
    idle(engine);

    expect(withinDay).toBe(4);
    expect(count(engine, 'submission')).toBe(2);
  });

  it('never take along what is still to be delivered, be it dead', () => {
    using engine = openTestEngine(LIMITS);
    convertOne(engine, [makeReport(1), makeReport(2)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    engine.call('endDelivery', claimOne(engine), { state: 'dead', reason: 'r', error: 'e', answer: null });
    engine.nowUnixMs += 365 * DAY_MS;
    idle(engine);

    expect(count(engine, 'submission')).toBe(1);
    expect(engine.call('stats')).toMatchObject({ items: 1, deliveries: { dead: 1, delivered: 1 } });
  });

  it('keep a report that a younger submission gave again', () => {
    using engine = openTestEngine(LIMITS);
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    engine.nowUnixMs += LIMITS.receipts.keep - 1;
    const younger = convertOne(engine, [makeReport(1)]);
    engine.nowUnixMs += HOUR_MS;
    idle(engine);

    expect(engine.call('getSubmission', younger, { kid: null })).toMatchObject({ reports: [{ revision: 1 }] });

    engine.nowUnixMs += LIMITS.receipts.keep;
    idle(engine);
    engine.nowUnixMs += HOUR_MS;
    idle(engine);

    expect([count(engine, 'submission'), count(engine, 'report')]).toEqual([0, 0]);
  });
});

describe('raw files', () => {
  it('stay a week after their conversion, and for ever while it is to come', () => {
    using engine = openTestEngine(LIMITS);
    skipOne(engine);
    acceptOne(engine);
    engine.call('claimSubmission');
    engine.nowUnixMs += 7 * DAY_MS - 1;
    idle(engine);
    const before = count(engine, 'body');
    engine.nowUnixMs += HOUR_MS;
    idle(engine);

    expect(before).toBe(2);
    expect(count(engine, 'body')).toBe(1);
    expect(engine.call('stats')).toMatchObject({ submissions: { skipped: 1, converting: 1 } });
  });
});

describe('idempotency keys', () => {
  it.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('%i ms from their age are known: %s', (offset, isKnown) => {
    using engine = openTestEngine(LIMITS);
    const input = makeInput();
    acceptOne(engine, input);
    engine.call('claimSubmission');
    engine.nowUnixMs += DAY_MS + offset;
    idle(engine);

    expect(engine.call('accept', input)).toMatchObject({ kind: 'accepted', duplicate: isKnown });
  });
});

describe('many idempotency keys', () => {
  it('are walked through a batch at a time, at every idle moment until the end', () => {
    using engine = openTestEngine(LIMITS);
    acceptOne(engine);
    engine.call('claimSubmission');
    const database = new DatabaseSync(engine.path);
    database.exec(`WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 5000)
      INSERT INTO idempotency (kid, key, sha256, size, submission_id, answered_at)
      SELECT 'many', printf('%05d', value), 'hash', 1, 'id', ${engine.nowUnixMs} FROM n`);
    database.close();
    engine.nowUnixMs += DAY_MS;
    const left: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      idle(engine);
      left.push(count(engine, 'idempotency'));
    }

    expect(left).toEqual([3_001, 1_001, 0]);
  });
});

describe('pruning', () => {
  it('runs at the first idle claim and then at most hourly', () => {
    using engine = openTestEngine(LIMITS);
    acceptOne(engine);
    engine.call('claimSubmission');
    engine.nowUnixMs += DAY_MS - HOUR_MS + 1;
    idle(engine);
    engine.nowUnixMs += HOUR_MS - 1;
    idle(engine);
    const within = count(engine, 'idempotency');
    engine.nowUnixMs += 1;
    idle(engine);

    expect(within).toBe(1);
    expect(count(engine, 'idempotency')).toBe(0);
  });
});
