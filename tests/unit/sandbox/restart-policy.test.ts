import { describe, expect, it } from 'vitest';
import { afterFailure, CALM, restartDelayMs } from '../../../src/sandbox/restart-policy.ts';

describe('restartDelayMs()', () => {
  it('answers the first death at once, doubles from 50 ms, and stays at 30 s', () => {
    const delays: number[] = [];
    let state = CALM;
    for (let deaths = 0; deaths <= 13; deaths += 1) {
      delays.push(restartDelayMs(state));
      state = afterFailure(state);
    }

    expect(delays).toEqual([0, 0, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  });

  it('stays finite after any number of deaths', () => {
    expect(restartDelayMs({ failures: 1e9 })).toBe(30_000);
  });
});
