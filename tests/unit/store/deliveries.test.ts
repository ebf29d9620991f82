import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { DeliveryEnd } from '../../../src/store/types.ts';
import {
  acceptOne,
  claimOne,
  converted,
  convertOne,
  DELIVERED,
  ended,
  makeReport,
  NOON_UNIX_MS,
  openTestEngine,
  reportId,
  type TestEngine,
} from '../../support/store.ts';

const deferred = (afterMs: number, isCharged = true): DeliveryEnd => ({
  state: 'deferred',
  afterMs,
  error: '503',
  answer: 'busy',
  isCharged,
});

const claim = (engine: TestEngine, isProbe = false) => engine.call('claimDelivery', 'folder', { isProbe });

function deliveryOf(engine: TestEngine, n: number) {
  return engine.call('getReport', reportId(n), { kid: null })?.deliveries[0];
}

describe('claimDelivery()', () => {
  it('gives the report with all that an upload needs', () => {
    using engine = openTestEngine();
    const submissionId = convertOne(engine, [makeReport(1)]);

    expect(claim(engine)).toEqual({
      kind: 'claimed',
      item: {
        reportId: reportId(1),
        revision: 1,
        submissionId,
        destination: 'folder',
        body: '{"n":1}',
        attachments: [],
        bytes: 7,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        acceptedAtUnixMs: NOON_UNIX_MS,
        attempts: 0,
        tries: 1,
      },
    });
  });

  it('writes the try before the request, so that a crash cannot hide it', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    claim(engine);
    engine.reopen();

    expect(claimOne(engine)).toMatchObject({ tries: 2, attempts: 0 });
  });

  it('goes by the order of acknowledgement, not by the end of the conversions', () => {
    using engine = openTestEngine();
    const [first, second] = [acceptOne(engine), acceptOne(engine)];
    engine.call('claimSubmission');
    engine.call('claimSubmission');
    engine.call('endSubmission', second, converted(makeReport(3)));
    engine.call('endSubmission', first, converted(makeReport(1), makeReport(2)));

    const order = [1, 2, 3].map(() => claimOne(engine).reportId);

    expect(order).toEqual([reportId(1), reportId(2), reportId(3)]);
  });

  it('sends each destination its own deliveries', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, { destinations: ['wats', 'folder', 'wats'] })]);

    expect(claimOne(engine, 'wats')).toMatchObject({ reportId: reportId(1) });
    expect(claimOne(engine, 'folder')).toMatchObject({ reportId: reportId(1) });
    expect(engine.call('claimDelivery', 'wats', { isProbe: false })).toEqual({ kind: 'none', nextDueInMs: null });
  });

  it('leaves a deferred one alone until it is due, and says when that is', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), deferred(5_000));

    engine.nowUnixMs += 4_999;
    const early = claim(engine);
    engine.nowUnixMs += 1;

    expect(early).toEqual({ kind: 'none', nextDueInMs: 1 });
    expect(claimOne(engine)).toMatchObject({ tries: 2, attempts: 1 });
  });

  it('takes held and deferred ones as a probe, whatever their due time, oldest first', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    convertOne(engine, [makeReport(2)]);
    engine.call('endDelivery', claimOne(engine), deferred(60_000));
    engine.call('endDelivery', claimOne(engine), { state: 'held', error: '401', answer: null });
    const none = claim(engine);

    const probes = [claim(engine, true), claim(engine, true)];

    expect(none).toEqual({ kind: 'none', nextDueInMs: 60_000 });
    expect(probes).toMatchObject([{ item: { reportId: reportId(1) } }, { item: { reportId: reportId(2) } }]);
  });

  it('marks a delivery whose stored body is damaged as corrupt and goes on with the next', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    convertOne(engine, [makeReport(2)]);
    const other = new DatabaseSync(engine.path);
    other.exec(`UPDATE report_body SET body = '{"n":9}' WHERE report = 1`);
    other.close();

    const next = claimOne(engine);

    expect(next.reportId).toBe(reportId(2));
    expect(deliveryOf(engine, 1)).toMatchObject({ state: 'corrupt', lastError: 'stored body does not match its hash' });
  });
});

describe('groups', () => {
  const group = 'SN-1';

  it('have one delivery in flight at a time, in the order of acknowledgement', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)], { group });
    convertOne(engine, [makeReport(2)], { group });
    const first = claimOne(engine);
    const blocked = claim(engine);
    engine.call('endDelivery', first, DELIVERED);

    expect(first.reportId).toBe(reportId(1));
    expect(blocked).toEqual({ kind: 'none', nextDueInMs: null });
    expect(claimOne(engine).reportId).toBe(reportId(2));
  });

  it('are blocked by a deferred delivery, while others pass', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)], { group });
    convertOne(engine, [makeReport(2)], { group });
    convertOne(engine, [makeReport(3)], { group: 'SN-2' });
    convertOne(engine, [makeReport(4)]);
    engine.call('endDelivery', claimOne(engine), deferred(1_000));

    const passing = [claimOne(engine), claimOne(engine)].map((item) => item.reportId);

    expect(passing).toEqual([reportId(3), reportId(4)]);
    expect(claim(engine)).toEqual({ kind: 'none', nextDueInMs: 1_000 });
  });

  it.each([
    { state: 'dead', reason: 'refused', error: '400', answer: null },
    { state: 'held', error: '401', answer: null },
    { state: 'corrupt', error: 'damaged' },
  ] as const)('are not blocked by a $state delivery', (end) => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)], { group });
    convertOne(engine, [makeReport(2)], { group });
    engine.call('endDelivery', claimOne(engine), end);

    expect(claimOne(engine).reportId).toBe(reportId(2));
  });

  it('are not sent past an earlier submission that is still to be converted', () => {
    using engine = openTestEngine();
    const [first, second] = [acceptOne(engine, { group }), acceptOne(engine, { group })];
    engine.call('claimSubmission');
    engine.call('claimSubmission');
    engine.call('endSubmission', second, converted(makeReport(2)));
    const blocked = claim(engine);
    engine.call('endSubmission', first, ended({ state: 'skipped', reason: 'x' }));

    expect(blocked).toEqual({ kind: 'none', nextDueInMs: null });
    expect(claimOne(engine).reportId).toBe(reportId(2));
  });
});

describe('endDelivery()', () => {
  const endWith = (end: DeliveryEnd) => {
    const engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), end);
    const delivery = deliveryOf(engine, 1);
    engine[Symbol.dispose]();
    return delivery;
  };
  const untouched = {
    destination: 'folder',
    attempts: 0,
    tries: 1,
    dueUnixMs: null,
    lastError: null,
    answer: null,
    deliveredAtUnixMs: null,
    serverId: null,
  };

  it.each([
    [DELIVERED, { deliveredAtUnixMs: NOON_UNIX_MS, serverId: 'S1', answer: 'ok' }],
    [deferred(5), { attempts: 1, dueUnixMs: NOON_UNIX_MS + 5, lastError: '503', answer: 'busy' }],
    [deferred(5, false), { attempts: 0, dueUnixMs: NOON_UNIX_MS + 5, lastError: '503', answer: 'busy' }],
    [
      { state: 'held', error: '401', answer: 'who?' },
      { lastError: '401', answer: 'who?' },
    ],
    [
      { state: 'dead', reason: 'refused', error: '400', answer: 'no' },
      { attempts: 1, lastError: '400', answer: 'no' },
    ],
    [{ state: 'corrupt', error: 'damaged' }, { lastError: 'damaged' }],
    [{ state: 'ready' }, {}],
  ] as const)('keeps what %o says', (end, expected) => {
    expect(endWith(end)).toEqual({ ...untouched, state: end.state, ...expected });
  });

  it('retires the body with the last delivery, and keeps the report as a receipt', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, { destinations: ['folder', 'wats'] })]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    const between = engine.call('getReport', reportId(1), { kid: null });
    engine.call('endDelivery', claimOne(engine, 'wats'), DELIVERED);
    const after = engine.call('getReport', reportId(1), { kid: null });

    expect(between?.body).toBe('{"n":1}');
    expect(after).toMatchObject({ body: null, bytes: 7, deliveries: [{ state: 'delivered' }, { state: 'delivered' }] });
    expect(engine.call('stats')).toMatchObject({ items: 0, bytes: { reports: 0 } });
  });

  it('refuses a delivery that does not exist, and one that was not claimed', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    const name = { reportId: reportId(1), revision: 1, destination: 'folder' };

    const [unclaimed] = engine.group(['endDelivery', name, DELIVERED]);
    const [unknown] = engine.group(['endDelivery', { ...name, revision: 2 }, DELIVERED]);

    expect(unclaimed).toMatchObject({ kind: 'bug' });
    expect(unknown).toMatchObject({ kind: 'refused', code: 'not_found' });
    expect(deliveryOf(engine, 1)).toMatchObject({ state: 'ready', serverId: null });
  });
});
