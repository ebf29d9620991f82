import { describe, expect, it } from 'vitest';
import { judgeRoom } from '../../../src/store/bounds.ts';

const BOUNDS = { maxItems: 10, maxBytes: 1_000, diskFloorBytes: 500 };
const EMPTY = { items: 0, bytes: 0, freeBytes: 1_000_000 };
const judge = (taken: Partial<typeof EMPTY>, wanted: { items?: number; bytes?: number; totalBytes?: number }) => {
  const { items = 1, bytes = 1, totalBytes = bytes } = wanted;
  const verdict = judgeRoom(BOUNDS, { ...EMPTY, ...taken }, { items, bytes, totalBytes });
  return verdict?.kind === 'queue_full' ? verdict.reason : (verdict?.kind ?? 'room');
};

describe('judgeRoom()', () => {
  it.each([
    [8, 'room'],
    [9, 'room'],
    [10, 'count'],
    [11, 'count'],
  ])('with %i of 10 items taken answers %s', (items, expected) => {
    expect(judge({ items }, {})).toBe(expected);
  });

  it.each([
    [899, 'room'],
    [900, 'room'],
    [901, 'bytes'],
  ])('with %i of 1000 bytes taken answers 100 more with %s', (bytes, expected) => {
    expect(judge({ bytes }, { bytes: 100 })).toBe(expected);
  });

  it.each([
    [601, 'room'],
    [600, 'room'],
    [599, 'disk'],
  ])('with %i bytes free and 500 to be kept answers 100 more with %s', (freeBytes, expected) => {
    expect(judge({ freeBytes }, { bytes: 100 })).toBe(expected);
  });

  it.each([
    [999, 'room'],
    [1_000, 'room'],
    [1_001, 'too_large'],
  ])('answers %i bytes, of which one is new, with %s: what cannot ever fit is said at once', (totalBytes, expected) => {
    expect(judge({}, { bytes: 1, totalBytes })).toBe(expected);
  });

  it('asks for more room of an item that has its place, however many others there are', () => {
    expect(judge({ items: 11 }, { items: 0 })).toBe('room');
  });

  it('looks at nothing that is off', () => {
    const off = { maxItems: 0, maxBytes: 0, diskFloorBytes: 0 };
    const taken = { items: 1e9, bytes: 1e15, freeBytes: 0 };

    expect(judgeRoom(off, taken, { items: 1, bytes: 1e12, totalBytes: 1e12 })).toBeNull();
  });

  it('always says when to come back', () => {
    for (const taken of [{ items: 10 }, { bytes: 1_000 }, { freeBytes: 0 }]) {
      const verdict = judgeRoom(BOUNDS, { ...EMPTY, ...taken }, { items: 1, bytes: 1, totalBytes: 1 });
      expect(verdict?.kind === 'queue_full' && verdict.retryAfterMs).toBeGreaterThan(0);
    }
  });
});
