import { describe, expect, it } from 'vitest';
import {
  acceptOne,
  claimOne,
  convertOne,
  DELIVERED,
  ended,
  makeReport,
  NOON_UNIX_MS,
  openTestEngine,
} from '../../support/store.ts';

const DAY_MS = 86_400_000;

describe('stats', () => {
  it('counts items, bytes, the oldest ready delivery, and the day', () => {
    using engine = openTestEngine({ maxItems: 50 });
    convertOne(engine, [makeReport(1), makeReport(2)], { text: 'abc' });
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    const failing = acceptOne(engine, { text: 'abcd' });
    engine.call('claimSubmission');
    engine.call(
      'endSubmission',
      failing,
      ended({ state: 'failed', failure: { code: 'converter_failed', message: 'm' } }),
    );
    engine.nowUnixMs += 1_500;

    expect(engine.call('stats')).toMatchObject({
      items: 1,
      maxItems: 50,
      submissions: { received: 0, converted: 1, failed: 1 },
      deliveries: { ready: 1, delivered: 1, dead: 0 },
      bytes: { submissions: 7, reports: 7 },
      oldestReadyAgeMs: 1_500,
      refusals: {},
      today: { submissions: 2, reports: 2, delivered: 1, failed: 1, lastDeliveryUnixMs: NOON_UNIX_MS },
    });
  });

  it('begins a new day at midnight UTC', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    engine.nowUnixMs += DAY_MS / 2 - 1;
    const before = engine.call('stats').today;
    engine.nowUnixMs += 1;

    expect(before).toMatchObject({ submissions: 1, reports: 1, delivered: 1 });
    expect(engine.call('stats').today).toEqual({
      submissions: 0,
      reports: 0,
      delivered: 0,
      failed: 0,
      lastDeliveryUnixMs: NOON_UNIX_MS,
    });
  });

  it('names every state in an empty store', () => {
    using engine = openTestEngine();

    const { submissions, deliveries, oldestReadyAgeMs } = engine.call('stats');

    expect([Object.keys(submissions).length, Object.keys(deliveries).length, oldestReadyAgeMs]).toEqual([12, 7, null]);
  });
});
