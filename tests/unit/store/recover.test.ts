import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { DeliveryEnd } from '../../../src/store/types.ts';
import { acceptOne, claimOne, convertOne, DELIVERED, ended, makeReport, openTestEngine } from '../../support/store.ts';

const FAILURE = { code: 'converter_failed', message: 'm' };

function dump(path: string) {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = [
    'submission',
    'report',
    'delivery',
    'body',
    'report_body',
    'produced',
    'idempotency',
    'destination',
  ].map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all());
  database.close();
  return rows;
}

describe('recovery', () => {
  it('puts converting back to received and counts the crash, inflight back to ready and charges nothing', () => {
    using engine = openTestEngine();
    const delivering = convertOne(engine, [makeReport(1)]);
    claimOne(engine);
    const converting = acceptOne(engine);
    engine.call('claimSubmission');

    engine.reopen();

    expect(engine.call('getSubmission', delivering, { kid: null })?.reports[0]?.deliveries).toMatchObject([
      { state: 'ready', attempts: 0, tries: 1 },
    ]);
    expect(engine.call('getSubmission', converting, { kid: null })).toMatchObject({ state: 'received', attempts: 1 });
    expect(engine.call('claimSubmission')).toMatchObject({ item: { submissionId: converting, attempt: 2 } });
  });

  it('touches no row that was not in progress', () => {
    using engine = openTestEngine();
    const ends: readonly DeliveryEnd[] = [
      DELIVERED,
      { state: 'deferred', afterMs: 9, error: 'e', answer: null, isCharged: true },
      { state: 'held', error: 'e', answer: null },
      { state: 'dead', reason: 'r', error: 'e', answer: 'a' },
      { state: 'corrupt', error: 'e' },
    ];
    convertOne(
      engine,
      ends.map((_end, n) => makeReport(n)),
    );
    for (const end of ends) engine.call('endDelivery', claimOne(engine), end);
    convertOne(engine, [makeReport(99)]);
    for (const end of [
      { state: 'skipped', reason: 'x' },
      { state: 'rejected', failure: FAILURE },
      { state: 'failed', failure: FAILURE },
      { state: 'stopped', failure: FAILURE },
      { state: 'crashed', failure: FAILURE },
      { state: 'suspended', reason: 'x', afterMs: 9 },
      { state: 'waiting', reason: 'converter_pending', message: 'm' },
    ] as const) {
      const submissionId = acceptOne(engine);
      engine.call('claimSubmission');
      engine.call('endSubmission', submissionId, ended(end));
    }
    acceptOne(engine);
    const before = dump(engine.path);

    engine.reopen();

    expect(dump(engine.path)).toEqual(before);
  });

  it('gives the same count of items as before', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1), makeReport(2)]);
    claimOne(engine);
    acceptOne(engine);
    engine.call('claimSubmission');
    engine.reopen();

    expect(engine.call('stats')).toMatchObject({ items: 3, submissions: { received: 1 }, deliveries: { ready: 2 } });
  });
});
