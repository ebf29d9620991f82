import { describe, expect, it } from 'vitest';
import { type PolicyState, UP } from '../../../src/delivery/destination-policy.ts';
import { toDestinationState, toPolicyState } from '../../../src/delivery/destination-record.ts';

const retry = { first: 5_000, max: 900_000, probe: 300_000, maxRetryAfter: 3_600_000 };
const now = { nowMs: 1_000, nowUnixMs: 1_700_000_000_000 };
const waiting: PolicyState = {
  ...UP,
  state: 'waiting',
  reason: 'backoff',
  message: 'down',
  sinceUnixMs: 5,
  dueMs: 11_000,
  failures: 4,
};
const row = toDestinationState('wats', waiting, now);

describe('toDestinationState()', () => {
  it('writes the due time as wall clock', () => {
    expect(row).toEqual({
      name: 'wats',
      state: 'waiting',
      reason: 'backoff',
      message: 'down',
      sinceUnixMs: 5,
      dueUnixMs: 1_700_000_010_000,
      failures: 4,
    });
  });

  it('writes no due time while up', () => {
    expect(toDestinationState('wats', UP, now).dueUnixMs).toBeNull();
  });
});

describe('toPolicyState()', () => {
  it('goes on resting after a restart', () => {
    expect(toPolicyState(row, retry, now)).toEqual(waiting);
  });

  it.each([
    ['a year back', -31_536_000_000, 3_601_000],
    ['a year on', 31_536_000_000, 1_000],
  ])('rests at most its largest wait when the clock was set %s', (_which, jumpMs, dueMs) => {
    expect(toPolicyState(row, retry, { ...now, nowUnixMs: now.nowUnixMs + jumpMs }).dueMs).toBe(dueMs);
  });

  it('probes a held destination at once', () => {
    expect(toPolicyState({ ...row, state: 'held' }, retry, now)).toMatchObject({ state: 'held', dueMs: 1_000 });
  });

  it('is up when nothing is known', () => {
    expect(toPolicyState(undefined, retry, now)).toEqual(UP);
    expect(toPolicyState({ ...row, state: 'up' }, retry, now)).toEqual(UP);
  });
});
