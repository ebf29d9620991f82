import { describe, expect, it } from 'vitest';
import { makeFrameTimer } from '../../../src/server/frame-timer.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

function setUp() {
  const clock = makeManualClock();
  let timeouts = 0;
  const onTimeout = () => {
    timeouts += 1;
  };
  const timer = makeFrameTimer({ clock, onTimeout }, { timeoutMs: 10_000 });
  return { clock, timer, timeouts: () => timeouts };
}

describe('a frame timer', () => {
  it.each([
    [9_999, 0],
    [10_000, 1],
    [10_001, 1],
  ])('after %i ms of 10 s has fired %i times, though bytes keep coming', (ms, fired) => {
    const { clock, timer, timeouts } = setUp();
    timer.update(true, 0);
    clock.advance(5_000);

    timer.update(true, 0);
    clock.advance(ms - 5_000);

    expect(timeouts()).toBe(fired);
  });

  it('does not run while no frame is on its way', () => {
    const { clock, timer, timeouts } = setUp();
    timer.update(true, 0);
    timer.update(false, 1);

    clock.advance(60_000);

    expect(timeouts()).toBe(0);
  });

  it('starts anew for the frame after a whole one', () => {
    const { clock, timer, timeouts } = setUp();
    timer.update(true, 0);
    clock.advance(9_000);
    timer.update(true, 1);

    clock.advance(9_999);
    expect(timeouts()).toBe(0);
    clock.advance(1);

    expect(timeouts()).toBe(1);
  });

  it('stands still while we do not read, then gives the whole time', () => {
    const { clock, timer, timeouts } = setUp();
    timer.update(true, 0);
    timer.hold();
    clock.advance(60_000);
    timer.release();

    clock.advance(9_999);
    expect(timeouts()).toBe(0);
    clock.advance(1);

    expect(timeouts()).toBe(1);
  });

  it.each(['at once', 'when reading goes on after it'])('leaves no timer behind: %s', (when) => {
    const { clock, timer, timeouts } = setUp();
    timer.update(true, 0);
    if (when !== 'at once') timer.hold();

    timer[Symbol.dispose]();
    timer.release();
    clock.advance(60_000);

    expect(timeouts()).toBe(0);
    expect(clock.pending()).toBe(0);
  });
});
