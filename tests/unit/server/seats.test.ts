import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import {
  clearSeats,
  EMPTY_SEATS,
  greet,
  leave,
  type SeatState,
  takePlace,
  takeSeat,
} from '../../../src/server/seats.ts';

const limits = { connections: 64, perKey: 16, adminReserve: 4, preAuthSeats: 8 };

/** Connections 1 to `count`, one each millisecond from 0 on; those in `greeted` said hello when they came. */
function seat(count: number, greeted: readonly number[] = []): SeatState {
  return Array.from({ length: count }, (_none, index) => index + 1).reduce<SeatState>((state, id) => {
    const seated = takeSeat(state, id, id - 1);
    return greeted.includes(id) ? greet(seated, id, id - 1) : seated;
  }, EMPTY_SEATS);
}

const idsOf = ({ seated }: SeatState): number[] => seated.map(({ id }) => id);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_none, at) => from + at);

/** Places for `count` connections, each with a key of its own. */
function place(count: number): SeatState {
  const placed = new Map(Array.from({ length: count }, (_none, index) => [index + 1, toKeyId(`key-${index + 1}`)]));
  return { seated: [], placed };
}

const newcomer = { id: 1000, kid: toKeyId('newcomer'), isAdmin: false };

describe('clearSeats()', () => {
  it.each([7, 8])('sends none of %i away, however long they are silent', (count) => {
    expect(clearSeats(seat(count), limits, 60_000)).toMatchObject({ evicted: [], againInMs: null });
  });

  it.each([
    [99, [], 1],
    [100, [1], null],
    [101, [1], null],
  ])('with nine at %i ms after the first came sends %j away', (nowMs, evicted, againInMs) => {
    expect(clearSeats(seat(9), limits, nowMs)).toMatchObject({ evicted, againInMs });
  });

  it('sends those away first that are silent, the oldest of them first', () => {
    const { state, evicted } = clearSeats(seat(11, [1, 2, 4]), limits, 60_000);

    expect(evicted).toEqual([3, 5, 6]);
    expect(idsOf(state)).toEqual([1, 2, 4, 7, 8, 9, 10, 11]);
  });

  it('sends none away that greeted for those that are silent, but for others that greeted', () => {
    expect(clearSeats(seat(20, range(1, 8)), limits, 60_000).evicted).toEqual(range(9, 20));
    expect(clearSeats(seat(20, range(1, 10)), limits, 60_000).evicted).toEqual([...range(11, 20), 1, 2]);
  });

  it('gives one that greets its time once more', () => {
    const state = range(9, 17).reduce((one, id) => greet(one, id, 60_000), seat(17));

    expect(clearSeats(state, limits, 60_099)).toMatchObject({ evicted: range(1, 8), againInMs: 1 });
    expect(clearSeats(state, limits, 60_100)).toMatchObject({ evicted: [...range(1, 8), 9], againInMs: null });
  });

  it.each([
    [8 + 255, []],
    [8 + 256, []],
    [8 + 257, [2]],
    [8 + 258, [2, 3]],
  ])('with %i that came at once sends %j away at once', (count, evicted) => {
    const together = range(1, count).reduce((state, id) => takeSeat(state, id, 0), EMPTY_SEATS);

    expect(clearSeats(greet(together, 1, 0), limits, 0)).toMatchObject({ evicted, againInMs: 100 });
  });
});

describe('greet()', () => {
  it('leaves one alone that has no seat any more', () => {
    expect(greet(seat(1), 2, 5)).toEqual(seat(1));
  });
});

describe('takePlace()', () => {
  it('moves a connection from its seat to a place', () => {
    const outcome = takePlace(seat(2), { id: 1, kid: toKeyId('local'), isAdmin: true }, limits);

    expect(outcome).toEqual({
      kind: 'placed',
      state: { seated: seat(2).seated.slice(1), placed: new Map([[1, 'local']]) },
    });
  });

  it.each([
    [59, 'placed'],
    [60, 'refused'],
    [61, 'refused'],
  ])('with %i taken answers %s to a key without admin: 4 are kept', (taken, kind) => {
    expect(takePlace(place(taken), newcomer, limits).kind).toBe(kind);
  });

  it.each([
    [60, 'placed'],
    [63, 'placed'],
    [64, 'refused'],
  ])('with %i taken answers %s to an admin key', (taken, kind) => {
    expect(takePlace(place(taken), { ...newcomer, isAdmin: true }, limits).kind).toBe(kind);
  });

  it.each([
    [15, { kind: 'placed' }],
    [16, { kind: 'refused', reason: 'per_key', limit: 16 }],
    [17, { kind: 'refused', reason: 'per_key', limit: 16 }],
  ])('with %i of one key taken', (taken, outcome) => {
    const placed = new Map(Array.from({ length: taken }, (_none, index) => [index, newcomer.kid]));

    expect(takePlace({ seated: [], placed }, newcomer, limits)).toMatchObject(outcome);
  });
});

describe('leave()', () => {
  it('forgets a connection wherever it was, and is harmless twice', () => {
    const state = { seated: seat(2).seated, placed: new Map([[3, toKeyId('local')]]) };

    const after = leave(leave(leave(state, 1), 3), 3);

    expect(after).toEqual({ seated: seat(2).seated.slice(1), placed: new Map() });
  });
});
