import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { makeReservations } from '../../../src/store/reservations.ts';

const kid = toKeyId('station');

describe('makeReservations()', () => {
  it('sums what is held, replaces a promise, and gives it back once', () => {
    const reservations = makeReservations();
    reservations.hold('a', { kid, items: 1, bytes: 10 });
    reservations.hold('b', { kid: toKeyId('other'), items: 0, bytes: 5 });
    reservations.hold('a', { kid, items: 1, bytes: 30 });
    expect(reservations.held()).toEqual({ items: 1, bytes: 35 });
    expect(reservations.bytesOf(kid)).toBe(30);

    reservations.drop('a');
    reservations.drop('a');

    expect(reservations.held()).toEqual({ items: 0, bytes: 5 });
    expect(reservations.find('a')).toBeUndefined();
  });

  it('holds again what was consumed in a transaction that is rolled back, and no more', () => {
    const reservations = makeReservations();
    for (const id of ['a', 'b', 'c']) reservations.hold(id, { kid, items: 1, bytes: 10 });
    reservations.consume('a');
    reservations.commit();
    reservations.consume('b');
    const mark = reservations.mark();
    reservations.consume('c');
    reservations.consume('unknown');

    reservations.returnTo(mark);

    expect(reservations.held()).toEqual({ items: 1, bytes: 10 });
    expect(reservations.find('c')).toEqual({ kid, items: 1, bytes: 10 });
  });
});
