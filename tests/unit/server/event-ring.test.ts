import { describe, expect, it } from 'vitest';
import type { EventTopic } from '../../../src/protocol/events.ts';
import { makeEventRing, RING_BYTES_PER_EVENT, type ToldChange } from '../../../src/server/event-ring.ts';

const at = (position: number, topic: EventTopic = 'submission', text = '{}', about = ''): ToldChange => ({
  position,
  topic,
  kid: null,
  changeSeq: null,
  about,
  text,
});
const from = (position: number) => ({ kept: position, latest: position });
const positions = (changes: readonly ToldChange[] | null) => changes?.map(({ position }) => position) ?? null;

function ringOf(maxEvents: number, changes: readonly ToldChange[]) {
  const ring = makeEventRing({ maxEvents });
  changes.forEach(ring.push);
  return ring;
}

describe('a ring of events', () => {
  it('gives what came after a place, of the topics that are asked for, in order', () => {
    const ring = ringOf(10, [at(1), at(2, 'report'), at(3), at(4, 'converter'), at(5, 'report')]);

    expect(positions(ring.since(['report', 'submission'], from(1)))).toEqual([2, 3, 5]);
    expect(positions(ring.since(['report', 'submission'], from(5)))).toEqual([]);
  });

  it.each([
    [9, [10, 11, 12]],
    [8, null],
  ])('of three events reaches back to position %i: %j', (position, expected) => {
    const ring = ringOf(
      3,
      Array.from({ length: 12 }, (_none, index) => at(index + 1)),
    );

    expect(positions(ring.since(['submission'], from(position)))).toEqual(expected);
  });

  it('does not miss what was dropped of another topic', () => {
    const ring = ringOf(1, [at(1), at(2), at(3), at(4, 'report')]);

    expect(positions(ring.since(['report'], from(0)))).toEqual([4]);
    expect(ring.since(['report', 'submission'], from(0))).toBeNull();
  });

  it('keeps of status and config the last one, whatever its size, from which every place can be gone on from', () => {
    const large = 'x'.repeat(100 * RING_BYTES_PER_EVENT);
    const ring = ringOf(2, [at(1, 'status'), at(2, 'status'), at(3, 'config'), at(4, 'status', large)]);

    expect(positions(ring.since(['status', 'config'], from(0)))).toEqual([3, 4]);
  });

  it('drops the oldest when its events are too large altogether, and one that is alone as well', () => {
    const half = 'x'.repeat((2 * RING_BYTES_PER_EVENT) / 2 / 2);
    const ring = ringOf(2, [at(1, 'submission', half), at(2, 'submission', half)]);

    expect(positions(ring.since(['submission'], from(0)))).toEqual([1, 2]);
    ring.push(at(3, 'submission', '1'));
    expect(ring.since(['submission'], from(0))).toBeNull();
    expect(positions(ring.since(['submission'], from(1)))).toEqual([2, 3]);
    ring.push(at(4, 'submission', 'x'.repeat(10 * RING_BYTES_PER_EVENT)));
    expect(ring.since(['submission'], from(3))).toBeNull();
    expect(positions(ring.since(['submission'], from(4)))).toEqual([]);
  });

  it('goes for topics that coalesce by their own part of a place', () => {
    const ring = ringOf(10, [at(1, 'status'), at(2), at(3, 'progress'), at(4)]);

    expect(positions(ring.since(['status', 'submission', 'progress'], { kept: 2, latest: 0 }))).toEqual([1, 3, 4]);
  });

  it('gives the last progress of each submission', () => {
    const ring = ringOf(10, [
      at(1, 'progress', '1', 'a'),
      at(2, 'progress', '2', 'b'),
      at(3, 'progress', '3', 'a'),
      at(4, 'progress', '4', 'c'),
    ]);

    expect(positions(ring.latest('progress', 0))).toEqual([2, 3, 4]);
    expect(positions(ring.latest('progress', 3))).toEqual([4]);
  });

  it('stays right over many turns', () => {
    const ring = makeEventRing({ maxEvents: 100 });
    for (let position = 1; position <= 10_000; position += 1) ring.push(at(position));

    expect(positions(ring.since(['submission'], from(9_900)))).toHaveLength(100);
    expect(positions(ring.since(['submission'], from(9_950)))?.[0]).toBe(9_951);
    expect(ring.since(['submission'], from(9_899))).toBeNull();
  });
});
