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

  it('holds all back until after the call that the server told to wait, and has them come one by one then', () => {
    const clock = makeManualClock();
    const pacer = makePacer({ clock }, rate);
    pacer.turn('calls');

    pacer.holdBack('calls', 500);

    expect([pacer.turn('calls'), pacer.turn('calls')]).toEqual([600, 700]);
    clock.advance(1000);
    expect(pacer.turn('calls')).toBe(0);
  });

  it('holds back no longer than the last of several calls that were told a time each', () => {
    const pacer = makePacer({ clock: makeManualClock() }, rate);
    [1, 2].forEach(() => pacer.turn('calls'));

    [500, 600, 700].forEach((waitMs) => pacer.holdBack('calls', waitMs));

    expect(pacer.turn('calls')).toBe(800);
  });

  it('holds back what has no limit here neither before nor after a denial', () => {
    const pacer = makePacer({ clock: makeManualClock() }, rate);

    pacer.holdBack('submit', 5);

    expect([pacer.turn('submit'), pacer.turn('free')]).toEqual([0, 0]);
  });

  it('keeps what was spent when another connection tells its rate, and takes the new limits', () => {
    const pacer = makePacer({ clock: makeManualClock() }, rate);
    [1, 2].forEach(() => pacer.turn('calls'));

    pacer.setRate({ calls: { capacity: 5, refillPerSecond: 100 }, submit: { capacity: 1, refillPerSecond: 1 } });

    expect([pacer.turn('calls'), pacer.turn('submit'), pacer.turn('submit')]).toEqual([10, 0, 1000]);
    pacer.setRate({ calls: null, submit: null });
    expect([pacer.turn('calls'), pacer.turn('submit')]).toEqual([0, 0]);
  });
});
