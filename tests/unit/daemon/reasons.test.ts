import { describe, expect, it } from 'vitest';
import { AirlockError } from '../../../src/core/errors.ts';
import { withLastKnown } from '../../../src/core/last-known.ts';
import {
  destinationReasons,
  diskReasons,
  makeDates,
  queueReasons,
  runnerReasons,
  STORE_FAILED,
} from '../../../src/daemon/reasons.ts';
import type { StoreStats } from '../../../src/store/types.ts';

const STARTED = '2026-03-04T12:00:00.000Z';

function stats(changes: Partial<Pick<StoreStats, 'items' | 'maxItems' | 'bytes' | 'disk'>> = {}): StoreStats {
  return {
    items: 0,
    maxItems: 10,
    bytes: { submissions: 0, reports: 0, reserved: 0, max: 1000 },
    disk: { freeBytes: 100, floorBytes: 100, ballast: 'ready' },
    submissions: {} as StoreStats['submissions'],
    deliveries: {} as StoreStats['deliveries'],
    pauses: [],
    oldestReadyAgeMs: null,
    refusals: {},
    today: { submissions: 0, reports: 0, delivered: 0, failed: 0, lastDeliveryUnixMs: null },
    ...changes,
  };
}

const codes = (reasons: readonly { code: string; subject: string }[]) =>
  reasons.map(({ code, subject }) => `${code} ${subject}`);

describe('queueReasons()', () => {
  it.each([
    [7, 10, []],
    [8, 10, ['queue_nearly_full queue.maxItems']],
    [9, 10, ['queue_nearly_full queue.maxItems']],
    [9, 0, []],
  ])('of %i items with a bound of %i are %o', (items, maxItems, expected) => {
    expect(codes(queueReasons(stats({ items, maxItems })))).toEqual(expected);
  });

  it.each([
    [799, 1000, []],
    [800, 1000, ['queue_nearly_full queue.maxBytes']],
    [801, 0, []],
  ])('of %i bytes with a bound of %i are %o', (used, max, expected) => {
    const bytes = { submissions: used - 2, reports: 1, reserved: 1, max };

    expect(codes(queueReasons(stats({ bytes })))).toEqual(expected);
  });
});

describe('diskReasons()', () => {
  it.each([
    [99, ['disk_low queue.minFreeDisk']],
    [100, []],
    [101, []],
  ])('of %i free bytes, where 100 are wanted, are %o', (freeBytes, expected) => {
    expect(codes(diskReasons(stats({ disk: { freeBytes, floorBytes: 100, ballast: 'spent' } })))).toEqual(expected);
  });
});

describe('runnerReasons()', () => {
  it.each([
    [0, 0, ['no_runner sandbox']],
    [1, 0, []],
    [0, 1, []],
  ])('with %i busy and %i ready runners are %o', (busy, ready, expected) => {
    expect(codes(runnerReasons({ runners: () => ({ busy, ready, size: 2 }) }))).toEqual(expected);
  });
});

describe('destinationReasons()', () => {
  it('tell a held destination from one that is away, with the command that looks', () => {
    const one = { type: 'wats', reason: 'says 401', since: null, nextTryAt: null };
    const all = (['up', 'disabled', 'held', 'waiting'] as const).map((state) => ({ ...one, name: state, state }));

    const reasons = destinationReasons(all, STARTED);

    expect(codes(reasons)).toEqual(['destination_held held', 'destination_down waiting']);
    expect(reasons[0]).toMatchObject({ since: STARTED, message: 'says 401', action: 'airlock destination test held' });
  });
});

describe('makeDates()', () => {
  it('keeps since when a reason holds until it goes away', () => {
    let now = 0;
    const dates = makeDates(() => now);
    const first = dates.date([STORE_FAILED]);
    now = 1000;
    const second = dates.date([STORE_FAILED]);
    dates.date([]);
    const third = dates.date([STORE_FAILED]);

    expect([first, second, third].map(([reason]) => reason?.since)).toEqual([
      '1970-01-01T00:00:00.000Z',
      '1970-01-01T00:00:00.000Z',
      '1970-01-01T00:00:01.000Z',
    ]);
  });
});

describe('withLastKnown()', () => {
  it('gives the last answer while the part is unavailable, and says that it is old', async () => {
    const answers = [
      async () => 1,
      async () => Promise.reject(new AirlockError('unavailable', 'Cannot use store: gone')),
    ];
    const ask = withLastKnown(() => (answers.shift() ?? (async () => 3))());

    expect([await ask(), await ask(), await ask()]).toEqual([
      { value: 1, isFresh: true },
      { value: 1, isFresh: false },
      { value: 3, isFresh: true },
    ]);
  });

  it('passes an error on when there was no answer yet, and every other error', async () => {
    const bug = new Error('bug');
    const never = withLastKnown(() => Promise.reject(new AirlockError('unavailable', 'Cannot use store: gone')));

    await expect(never()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(withLastKnown(() => Promise.reject(bug))()).rejects.toBe(bug);
  });
});
