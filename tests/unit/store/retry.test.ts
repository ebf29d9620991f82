import { describe, expect, it } from 'vitest';
import { toKeyId, toSubmissionId } from '../../../src/core/ids.ts';
import { HAND_BATCH } from '../../../src/store/selected.ts';
import type { DeliveryEnd, SubmissionEnd } from '../../../src/store/types.ts';
import {
  acceptOne,
  claimOne,
  convertOne,
  converted,
  DELIVERED,
  ended,
  makeInput,
  makeReport,
  openTestEngine,
  reportId,
  type TestEngine,
} from '../../support/store.ts';

const REAL = { isDryRun: false };
const DRY = { isDryRun: true };
const ALL = { kind: 'filter', after: 0, state: null, destination: null } as const;
const PLAIN = { converter: null, arguments: null, kid: null, isDryRun: false };
const DEAD: DeliveryEnd = { state: 'dead', reason: 'refused', error: '400', answer: 'no' };
const FAILURE = { code: 'converter_failed', message: 'no' };

const stateOf = (engine: TestEngine, n: number) =>
  engine.call('getReport', reportId(n), { kid: null })?.deliveries[0]?.state;

function endOne(engine: TestEngine, end: SubmissionEnd) {
  const submissionId = acceptOne(engine);
  engine.call('claimSubmission');
  engine.call('endSubmission', submissionId, end);
  return submissionId;
}

describe('retryDeliveries()', () => {
  it.each<[string, DeliveryEnd]>([
    ['dead', DEAD],
    ['held', { state: 'held', error: '401', answer: null }],
    ['deferred', { state: 'deferred', afterMs: 60_000, error: '503', answer: null, isCharged: true }],
    ['corrupt', { state: 'corrupt', error: 'hash' }],
  ])('makes a %s delivery ready, its failures counted anew', (_state, end) => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), end);
    const deliveries = [{ reportId: reportId(1), destination: 'folder' }];

    const outcome = engine.call('retryDeliveries', { kind: 'named', deliveries }, REAL);

    expect(outcome).toEqual({ count: 1, skipped: [], next: null });
    expect(claimOne(engine)).toMatchObject({ reportId: reportId(1), attempts: 0, tries: 2 });
  });

  it('says why it leaves a named delivery as it is', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1), makeReport(2), makeReport(3, { destinations: ['gone'] })]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    claimOne(engine);
    engine.call('holdRemoved', ['folder']);
    const deliveries = [
      { reportId: reportId(1), destination: 'folder' },
      { reportId: reportId(2), destination: 'folder' },
      { reportId: reportId(3), destination: 'gone' },
      { reportId: reportId(9), destination: 'folder' },
    ];

    const { count, skipped } = engine.call('retryDeliveries', { kind: 'named', deliveries }, REAL);

    expect([count, ...skipped.map(({ reason }) => reason)]).toEqual([
      0,
      'not_retryable',
      'not_retryable',
      'destination_removed',
      'unknown',
    ]);
  });

  it('with a filter takes what is dead, held or deferred there, and nothing at a dry run', () => {
    using engine = openTestEngine();
    convertOne(
      engine,
      [1, 2, 3].map((n) => makeReport(n)),
    );
    engine.call('endDelivery', claimOne(engine), DEAD);
    engine.call('endDelivery', claimOne(engine), { state: 'corrupt', error: 'hash' });

    const dry = engine.call('retryDeliveries', ALL, DRY);
    const stillDead = stateOf(engine, 1);
    const elsewhere = engine.call('retryDeliveries', { ...ALL, destination: 'b' }, REAL);
    const real = engine.call('retryDeliveries', ALL, REAL);

    expect([dry.count, stillDead, elsewhere.count, real.count]).toEqual([1, 'dead', 0, 1]);
    expect([1, 2, 3].map((n) => stateOf(engine, n))).toEqual(['ready', 'corrupt', 'ready']);
  });

  it.each([
    [HAND_BATCH - 1, [HAND_BATCH - 1]],
    [HAND_BATCH, [HAND_BATCH, 0]],
    [HAND_BATCH + 1, [HAND_BATCH, 1]],
  ])('changes %i rows in batches of %o', (rows, batches) => {
    using engine = openTestEngine();
    convertOne(
      engine,
      Array.from({ length: rows }, (_none, n) => makeReport(n)),
    );
    for (let n = 0; n < rows; n += 1) engine.call('endDelivery', claimOne(engine), DEAD);
    const counts: number[] = [];

    for (let after: number | null = 0; after !== null; ) {
      const outcome: { count: number; next: number | null } = engine.call('retryDeliveries', { ...ALL, after }, REAL);
      counts.push(outcome.count);
      after = outcome.next;
    }

    expect(counts).toEqual(batches);
  });
});

describe('retrySubmissions()', () => {
  it('counts the bytes of other arguments instead of the first ones', () => {
    using engine = openTestEngine({ maxBytes: 200 });
    const submissionId = acceptOne(engine, { text: 'abc', arguments: { locale: 'x'.repeat(100) } });
    engine.call('claimSubmission');
    engine.call('endSubmission', submissionId, ended({ state: 'rejected', failure: FAILURE }));

    const retry = { ...PLAIN, arguments: { a: 1 } };
    engine.call('retrySubmissions', { kind: 'named', submissions: [submissionId] }, retry);

    expect(engine.call('stats').bytes.submissions).toBe(10);
    // The sum that bounds intake agrees with the recount: this fits to the byte.
    expect(engine.call('accept', makeInput({ text: 'y'.repeat(190) })).kind).toBe('accepted');
    expect(engine.call('accept', makeInput({ text: 'y' })).kind).toBe('queue_full');
  });

  it.each<[string, SubmissionEnd]>([
    ['converted', converted(makeReport(1))],
    ['skipped', ended({ state: 'skipped', reason: 'empty' })],
    ['rejected', ended({ state: 'rejected', failure: FAILURE })],
    ['failed', ended({ state: 'failed', failure: FAILURE })],
    ['stopped', ended({ state: 'stopped', failure: FAILURE })],
    ['crashed', ended({ state: 'crashed', failure: FAILURE })],
    ['suspended', ended({ state: 'suspended', reason: 'later', afterMs: 60_000 })],
  ])('takes a %s submission up again, with another converter and other arguments', (_state, end) => {
    using engine = openTestEngine();
    const submissionId = endOne(engine, end);
    const retry = { ...PLAIN, converter: 'other', arguments: { locale: 'de' } };

    const outcome = engine.call('retrySubmissions', { kind: 'named', submissions: [submissionId] }, retry);

    expect(outcome).toEqual({ count: 1, skipped: [], next: null });
    expect(engine.call('claimSubmission')).toMatchObject({
      kind: 'claimed',
      item: { submissionId, converter: 'other', arguments: { locale: 'de' }, attempt: 1 },
    });
  });

  it('replaces a report that comes out another and was not sent, and keeps its id', () => {
    using engine = openTestEngine();
    const submissionId = convertOne(engine, [makeReport(1)]);
    engine.call('retrySubmissions', { kind: 'named', submissions: [submissionId] }, PLAIN);
    engine.call('claimSubmission');

    engine.call('endSubmission', submissionId, converted(makeReport(1, { body: '{"n":"better"}' })));

    expect(engine.call('getReport', reportId(1), { kid: null })).toMatchObject({ revision: 2, body: '{"n":"better"}' });
    expect(
      engine.call('listDeliveries', { limit: 9, cursor: null, state: null, destination: null }).items,
    ).toHaveLength(1);
    expect(engine.call('stats').items).toBe(1);
  });

  it('leaves what is still on its way, what is another key’s, and what is unknown', () => {
    using engine = openTestEngine();
    endOne(engine, ended({ state: 'skipped', reason: 'x' }));
    const submissions = [acceptOne(engine), toSubmissionId('no')];

    const { skipped } = engine.call('retrySubmissions', { kind: 'named', submissions }, PLAIN);
    const foreign = engine.call(
      'retrySubmissions',
      { kind: 'filter', after: 0, state: 'skipped' },
      { ...PLAIN, kid: toKeyId('other') },
    );

    expect(skipped.map(({ reason }) => reason)).toEqual(['not_retryable', 'unknown']);
    expect(foreign.count).toBe(0);
  });

  it.each([
    [0, 'queue_full'],
    [1, undefined],
  ])('with room for %i takes one of them up or says %s, and a dry run says the same', (room, reason) => {
    using engine = openTestEngine({ maxItems: 1 + room });
    const submissionId = endOne(engine, ended({ state: 'failed', failure: FAILURE }));
    acceptOne(engine);
    const named = { kind: 'named', submissions: [submissionId] } as const;

    const dry = engine.call('retrySubmissions', named, { ...PLAIN, isDryRun: true });
    const real = engine.call('retrySubmissions', named, PLAIN);

    expect([dry, real].map(({ skipped }) => skipped[0]?.reason)).toEqual([reason, reason]);
    expect(engine.call('stats').items).toBe(1 + room);
  });
});
