import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { DELIVERY_STATES } from '../../../src/core/states.ts';
import type { DeliveryEnd } from '../../../src/store/types.ts';
import {
  acceptOne,
  claimOne,
  convertOne,
  DELIVERED,
  makeReport,
  openTestEngine,
  reportId,
} from '../../support/store.ts';

const ALL = { kid: null };
const OTHER = { kid: toKeyId('other') };
const first = { limit: 2, cursor: null };

describe('listSubmissions()', () => {
  it('pages newest first until the end', () => {
    using engine = openTestEngine();
    for (const name of ['a', 'b', 'c', 'd', 'e']) acceptOne(engine, { name });
    const pages: string[][] = [];

    for (let cursor: string | null | undefined = null; cursor !== undefined; ) {
      const page: { items: readonly { name: string }[]; nextCursor: string | null } = engine.call(
        'listSubmissions',
        ALL,
        {
          limit: 2,
          cursor,
          state: null,
        },
      );
      pages.push(page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    }

    expect(pages).toEqual([['e', 'd'], ['c', 'b'], ['a']]);
  });

  it.each([
    [1, null],
    [2, null],
    [3, expect.any(String)],
  ])('with %i rows and a limit of 2 has the cursor %o', (count, nextCursor) => {
    using engine = openTestEngine();
    for (let n = 0; n < count; n += 1) acceptOne(engine);

    expect(engine.call('listSubmissions', ALL, { ...first, state: null }).nextCursor).toEqual(nextCursor);
  });

  it('shows a key only its own, and one state where asked', () => {
    using engine = openTestEngine();
    acceptOne(engine, { name: 'mine', kid: OTHER.kid });
    acceptOne(engine, { name: 'theirs' });
    engine.call('claimSubmission');

    const own = engine.call('listSubmissions', OTHER, { ...first, state: null });
    const received = engine.call('listSubmissions', ALL, { ...first, state: 'received' });

    expect(own.items.map(({ name }) => name)).toEqual(['mine']);
    expect(received.items.map(({ name }) => name)).toEqual(['theirs']);
  });

  it.each(['x', '', 'YmVmb3JlOi0x'])('refuses the cursor "%s", which is none of ours', (cursor) => {
    using engine = openTestEngine();

    const [reply] = engine.group(['listSubmissions', ALL, { limit: 1, cursor, state: null }]);

    expect(reply).toMatchObject({ kind: 'refused', code: 'invalid_params' });
  });
});

describe('listReports()', () => {
  const ends: Readonly<Record<string, DeliveryEnd>> = {
    deferred: { state: 'deferred', afterMs: 9, error: 'e', answer: null, isCharged: true },
    delivered: DELIVERED,
    held: { state: 'held', error: 'e', answer: null },
    dead: { state: 'dead', reason: 'r', error: 'e', answer: null },
    corrupt: { state: 'corrupt', error: 'e' },
  };

  it.each(DELIVERY_STATES)('finds the reports whose worst delivery is %s', (state) => {
    using engine = openTestEngine();
    convertOne(
      engine,
      DELIVERY_STATES.map((_state, n) => makeReport(n, { destinations: ['folder', 'b'] })),
    );
    for (let n = 0; n < DELIVERY_STATES.length; n += 1) engine.call('endDelivery', claimOne(engine, 'b'), DELIVERED);
    for (const name of DELIVERY_STATES.filter((known) => known !== 'ready')) {
      const item = claimOne(engine);
      const end = ends[name];
      if (end !== undefined) engine.call('endDelivery', item, end);
    }

    const { items } = engine.call('listReports', ALL, { ...first, state, submissionId: null });

    expect(items.map(({ deliveries }) => deliveries.map((delivery) => delivery.state))).toEqual([['delivered', state]]);
  });

  it('carries no bodies, pages newest first, and keeps to one submission where asked', () => {
    using engine = openTestEngine();
    const submissionId = convertOne(engine, [makeReport(1), makeReport(2), makeReport(3)]);
    convertOne(engine, [makeReport(4)]);

    const page = engine.call('listReports', ALL, { ...first, state: null, submissionId });
    const rest = engine.call('listReports', ALL, { limit: 2, cursor: page.nextCursor, state: null, submissionId });

    expect(page.items.map((report) => [report.reportId, report.body])).toEqual([
      [reportId(3), null],
      [reportId(2), null],
    ]);
    expect(rest).toMatchObject({ items: [{ reportId: reportId(1) }], nextCursor: null });
  });
});

describe('a viewer', () => {
  it('finds only what its own submissions gave', () => {
    using engine = openTestEngine();
    const theirs = convertOne(engine, [makeReport(1)]);
    const mine = convertOne(engine, [makeReport(2)], { kid: OTHER.kid });

    expect(engine.call('getSubmission', theirs, OTHER)).toBeNull();
    expect(engine.call('getSubmission', mine, OTHER)).toMatchObject({ reports: [{ reportId: reportId(2) }] });
    expect(engine.call('getReport', reportId(1), OTHER)).toBeNull();
    expect(engine.call('getReport', reportId(2), OTHER)).toMatchObject({ submissionId: mine, body: '{"n":2}' });
    expect(
      engine.call('listReports', OTHER, { ...first, state: null, submissionId: null }).items.map((row) => row.reportId),
    ).toEqual([reportId(2)]);
    expect(engine.call('snapshot', OTHER)).toMatchObject({ submissions: { converted: 1 }, deliveries: { ready: 1 } });
  });
});
