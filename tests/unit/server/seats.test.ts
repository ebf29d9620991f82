import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { EMPTY_SEATS, leave, type SeatState, takePlace, takeSeat } from '../../../src/server/seats.ts';

const limits = { connections: 64, perKey: 16, adminReserve: 4, preAuthSeats: 8 };

function seat(count: number): SeatState {
  return Array.from({ length: count }, (_none, index) => index + 1).reduce<SeatState>(
    (state, id) => takeSeat(state, id, limits).state,
    EMPTY_SEATS,
  );
}

/** Places for `count` connections, each with a key of its own. */
function place(count: number): SeatState {
  const placed = new Map(Array.from({ length: count }, (_none, index) => [index + 1, toKeyId(`key-${index + 1}`)]));
  return { seated: [], placed };
}

const newcomer = { id: 1000, kid: toKeyId('newcomer'), isAdmin: false };

describe('takeSeat()', () => {
  it('seats the eighth without sending anybody away', () => {
    expect(takeSeat(seat(7), 8, limits)).toEqual({
      state: { seated: [1, 2, 3, 4, 5, 6, 7, 8], placed: new Map() },
      evicted: null,
    });
  });

  it('sends the oldest away for the ninth', () => {
    expect(takeSeat(seat(8), 9, limits)).toMatchObject({ state: { seated: [2, 3, 4, 5, 6, 7, 8, 9] }, evicted: 1 });
  });
});

describe('takePlace()', () => {
  it('moves a connection from its seat to a place', () => {
    const outcome = takePlace(seat(2), { id: 1, kid: toKeyId('local'), isAdmin: true }, limits);

    expect(outcome).toEqual({ kind: 'placed', state: { seated: [2], placed: new Map([[1, 'local']]) } });
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
    const state = { seated: [1, 2], placed: new Map([[3, toKeyId('local')]]) };

    const after = leave(leave(leave(state, 1), 3), 3);

    expect(after).toEqual({ seated: [2], placed: new Map() });
  });
});
