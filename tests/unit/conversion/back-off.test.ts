import { describe, expect, it } from 'vitest';
import { backOffMs, withBackOff } from '../../../src/conversion/back-off.ts';

const neverAborted = new AbortController().signal;

describe('backOffMs()', () => {
  it.each([
    [1, 250],
    [2, 500],
    [7, 16_000],
    [8, 30_000],
    [10_000, 30_000],
  ])('waits after failure %i for %i ms', (failures, ms) => {
    expect(backOffMs(failures)).toBe(ms);
  });
});

describe('withBackOff()', () => {
  async function fail(times: number, options: { isRetryable?: boolean; signal?: AbortSignal } = {}) {
    const waits: number[] = [];
    let calls = 0;
    const run = async (): Promise<number> => {
      calls += 1;
      if (calls <= times) throw new Error('no');
      return calls;
    };
    const { isRetryable = true, signal = neverAborted } = options;
    const clock = { sleep: async (ms: number) => void waits.push(ms) };
    const result = await withBackOff(clock, run, {
      signal,
      isRetryable: () => isRetryable,
      onFailure: () => undefined,
    });
    return { result, waits };
  }

  it('tries until it succeeds, ever more slowly', async () => {
    expect(await fail(3)).toEqual({ result: 4, waits: [250, 500, 1_000] });
  });

  it('throws what is not worth another try', async () => {
    await expect(fail(1, { isRetryable: false })).rejects.toThrow('no');
  });

  it('tries once, and no more, when its signal is already aborted', async () => {
    expect(await fail(0, { signal: AbortSignal.abort() })).toEqual({ result: 1, waits: [] });
    await expect(fail(1, { signal: AbortSignal.abort() })).rejects.toThrow('no');
  });
});
