import { describe, expect, it } from 'vitest';
import { makeBell } from '../../../src/delivery/bell.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

describe('makeBell()', () => {
  it('wakes the sleeper, and leaves no timer', async () => {
    const clock = makeManualClock();
    const bell = makeBell(clock);
    const slept = bell.sleep(1_000);

    bell.ring();
    await slept;

    expect(clock.pending()).toBe(0);
  });

  it('does not sleep when it was rung before, once', async () => {
    const clock = makeManualClock();
    const bell = makeBell(clock);
    bell.ring();
    bell.ring();

    await bell.sleep(null);
    const second = bell.sleep(5);
    expect(clock.pending()).toBe(1);
    clock.advance(5);

    await second;
  });
});
