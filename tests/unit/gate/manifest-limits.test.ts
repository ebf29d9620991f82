import { describe, expect, it } from 'vitest';
import { manifestLimitsSchema, readManifestLimits } from '../../../src/gate/manifest-limits.ts';

describe('manifestLimitsSchema', () => {
  it('takes durations, sizes and counts as people write them', () => {
    const limits = { wall: '10 s', heapStream: '32 MiB', steps: 500, logLines: 0 };

    expect(readManifestLimits(manifestLimitsSchema.parse(limits))).toEqual({
      wall: 10_000,
      heapStream: 32 * 1024 ** 2,
      steps: 500,
      logLines: 0,
    });
  });

  it.each([
    { wall: 10 },
    { wall: '10' },
    { wall: '10 MiB' },
    { output: '5 s' },
    { steps: -1 },
    { steps: 1.5 },
    { walls: '1 s' },
  ])('refuses %j', (limits) => {
    expect(manifestLimitsSchema.safeParse(limits).success).toBe(false);
  });
});
