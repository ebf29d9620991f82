import { describe, expect, test } from 'vitest';
import { MAX_REASONS, makeReasons } from '../../../src/observe/reasons.ts';

function make() {
  let nowUnixMs = Date.UTC(2026, 0, 1);
  const reasons = makeReasons({ nowUnixMs: () => nowUnixMs });
  return { reasons, wait: (ms: number) => void (nowUnixMs += ms) };
}

const held = {
  code: 'destination_held',
  subject: 'wats',
  message: '401',
  action: 'airlock secret set wats-token',
} as const;

describe('makeReasons()', () => {
  test('is empty at first and tells since when a reason holds', () => {
    const { reasons } = make();
    const before = reasons.list();

    reasons.set(held);

    expect(before).toEqual([]);
    expect(reasons.list()).toEqual([{ ...held, since: '2026-01-01T00:00:00.000Z' }]);
  });

  test('keeps since and place when a reason is set again with new words', () => {
    const { reasons, wait } = make();
    reasons.set(held);
    reasons.set({ ...held, subject: 'other' });
    wait(1000);

    reasons.set({ ...held, message: '403' });

    expect(reasons.list().map(({ subject, message, since }) => [subject, message, since])).toEqual([
      ['wats', '403', '2026-01-01T00:00:00.000Z'],
      ['other', '401', '2026-01-01T00:00:00.000Z'],
    ]);
  });

  test('clears one code and subject, and starts anew afterwards', () => {
    const { reasons, wait } = make();
    reasons.set(held);
    reasons.set({ ...held, code: 'destination_down' });

    reasons.clear('destination_held', 'wats');
    reasons.clear('destination_held', 'nobody');
    wait(1000);
    reasons.set(held);

    expect(reasons.list().map(({ code, since }) => [code, since])).toEqual([
      ['destination_down', '2026-01-01T00:00:00.000Z'],
      ['destination_held', '2026-01-01T00:00:01.000Z'],
    ]);
  });

  test.each([
    [MAX_REASONS - 1, MAX_REASONS - 1],
    [MAX_REASONS, MAX_REASONS],
    [MAX_REASONS + 1, MAX_REASONS],
  ])('of %i reasons keeps %i', (count, kept) => {
    const { reasons } = make();

    for (let index = 0; index < count; index += 1) reasons.set({ ...held, subject: `s${index}` });

    expect(reasons.list()).toHaveLength(kept);
  });
});
