import { describe, expect, it } from 'vitest';
import {
  claimOne,
  convertOne,
  DELIVERED,
  makeReport,
  openTestEngine,
  reportId,
  type TestEngine,
} from '../../support/store.ts';

const claim = (engine: TestEngine) => engine.call('claimDelivery', 'folder', { isProbe: false });
const other = (n: number) => makeReport(n, { body: `{"n":${n},"corrected":true}` });

describe('storeReport()', () => {
  it('makes one delivery for each destination, and none means delivered', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, { destinations: ['a', 'b'] }), makeReport(2, { destinations: [] })]);

    const { items } = engine.call(
      'listReports',
      { kid: null },
      { limit: 10, cursor: null, state: 'delivered', submissionId: null },
    );

    expect(engine.call('stats').deliveries).toMatchObject({ ready: 2, delivered: 0 });
    expect(items.map((report) => report.reportId)).toEqual([reportId(2)]);
    expect(engine.call('stats').items).toBe(1);
  });

  it('sends the same id with the same bytes only once, and shows it under both submissions', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);

    const second = convertOne(engine, [makeReport(1)]);

    expect(claim(engine)).toEqual({ kind: 'none', nextDueInMs: null });
    expect(engine.call('getSubmission', second, { kid: null })?.reports).toMatchObject([
      { reportId: reportId(1), revision: 1, deliveries: [{ state: 'delivered' }] },
    ]);
  });

  it('takes other bytes as the next revision, which replaces one not sent yet', () => {
    using engine = openTestEngine();
    const first = convertOne(engine, [makeReport(1)]);
    convertOne(engine, [other(1)]);

    const item = claimOne(engine);

    expect(item).toMatchObject({ revision: 2, body: other(1).body });
    expect(claim(engine)).toEqual({ kind: 'none', nextDueInMs: null });
    expect(engine.call('stats').items).toBe(1);
    expect(engine.call('getSubmission', first, { kid: null })).toMatchObject({ state: 'converted', reports: [] });
  });

  it('sends the next revision after one that was delivered', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    convertOne(engine, [other(1)]);

    expect(claimOne(engine).revision).toBe(2);
  });

  it('keeps the next revision back while the last one is in flight', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    const first = claimOne(engine);
    convertOne(engine, [other(1)]);
    const blocked = claim(engine);
    engine.call('endDelivery', first, DELIVERED);

    expect(blocked).toEqual({ kind: 'none', nextDueInMs: null });
    expect(claimOne(engine).revision).toBe(2);
  });

  it('drops a revision that comes back undelivered when a newer one waits', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    const first = claimOne(engine);
    convertOne(engine, [other(1)]);
    engine.call('endDelivery', first, { state: 'deferred', afterMs: 1, error: '503', answer: null, isCharged: true });
    const second = claimOne(engine);
    engine.call('endDelivery', second, DELIVERED);

    engine.nowUnixMs += 10;
    expect(second.revision).toBe(2);
    expect(claim(engine)).toEqual({ kind: 'none', nextDueInMs: null });
    expect(engine.call('stats').items).toBe(0);
  });

  it('counts the same whether kept by hand or counted anew, through replacements', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, { destinations: ['folder', 'b'] }), makeReport(2)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    convertOne(engine, [makeReport(1, { body: '{}', destinations: ['folder', 'b'] }), makeReport(2), other(2)]);
    const kept = engine.call('stats').items;
    engine.reopen();

    expect(kept).toBe(2);
    expect(engine.call('stats').items).toBe(kept);
  });
});
