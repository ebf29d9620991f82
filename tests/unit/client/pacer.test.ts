import { describe, expect, it } from 'vitest';
import { makePacer } from '../../../src/client/pacer.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const rate = { calls: { capacity: 2, refillPerSecond: 10 }, submit: null };

describe('a pacer', () => {
  it('lets a burst go at once, and those after it one by one', () => {
    const pacer = makePacer({ clock: makeManualClock() }, rate);

    expect([1, 2, 3, 4].map(() => pacer.turn('calls'))).toEqual([0, 0, 100, 200]);
  });

  it('gives the turn of one that gave it back to the next', () => {
    const pacer = makePacer({ clock: makeManualClock() }, rate);
    [1, 2, 3].forEach(() => pacer.turn('calls'));

    pacer.giveBack('calls');

    expect(pacer.turn('calls')).toBe(100);
  });

  it('holds all back for as long as the server asks, and has them come one by one then', () => {
    const clock = makeManualClock();
    const pacer = makePacer({ clock }, rate);
    pacer.turn('calls');

    expect(pacer.holdBack('calls', 500)).toBe(true);

    expect([pacer.turn('calls'), pacer.turn('calls')]).toEqual([500, 600]);
    clock.advance(1000);
    expect(pacer.turn('calls')).toBe(0);
  });

  it('holds back what has no limit here neither before nor after a denial', () => {
    const pacer = makePacer({ clock: makeManualClock() }, rate);

    expect([pacer.turn('submit'), pacer.turn('free'), pacer.holdBack('submit', 5)]).toEqual([0, 0, false]);
  });
});
