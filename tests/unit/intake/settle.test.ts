import { describe, expect, it } from 'vitest';
import { afterUnreadable, lookAgain } from '../../../src/intake/settle.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const SETTLE_MS = 2_000;

describe('lookAgain()', () => {
  it('is ready once size, time and inode were the same for the whole time, and not a millisecond before', () => {
    const clock = makeManualClock();
    const seen = { identity: '5:1:9', size: 5 };

    const first = lookAgain(undefined, seen, { settleMs: SETTLE_MS, nowMs: clock.monotonicMs() });
    clock.advance(1_999);
    const before = first.readyAtMs <= clock.monotonicMs();
    const second = lookAgain(first, seen, { settleMs: SETTLE_MS, nowMs: clock.monotonicMs() });
    clock.advance(1);

    expect([before, second === first, second.readyAtMs <= clock.monotonicMs()]).toEqual([false, true, true]);
  });

  it('begins anew whenever the file changed', () => {
    const first = lookAgain(undefined, { identity: '5:1:9', size: 5 }, { settleMs: SETTLE_MS, nowMs: 0 });

    const changed = lookAgain(first, { identity: '6:2:9', size: 6 }, { settleMs: SETTLE_MS, nowMs: 1_500 });

    expect(changed).toEqual({ identity: '6:2:9', size: 6, readyAtMs: 3_500, unreadableSinceMs: null });
  });
});

describe('afterUnreadable()', () => {
  const look = { identity: 'x', size: 1, readyAtMs: 0, unreadableSinceMs: null };
  const unreadableMs = 12_000;

  it('tries every five seconds, and a last time at the end', () => {
    const first = afterUnreadable(look, { unreadableMs, nowMs: 1_000 });
    const second = first && afterUnreadable(first, { unreadableMs, nowMs: 11_000 });

    expect([first?.readyAtMs, first?.unreadableSinceMs, second?.readyAtMs]).toEqual([6_000, 1_000, 13_000]);
  });

  it.each([
    [12_999, false],
    [13_000, true],
    [13_001, true],
  ])('at %d ms gives up: %s', (nowMs, isGivenUp) => {
    const next = afterUnreadable({ ...look, unreadableSinceMs: 1_000 }, { unreadableMs, nowMs });

    expect(next === null).toBe(isGivenUp);
  });
});
