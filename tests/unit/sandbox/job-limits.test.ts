import { describe, expect, it } from 'vitest';
import { heapBytesOf, toRunnerLimits, wallMsOf } from '../../../src/sandbox/job-limits.ts';
import { makeJob } from '../../support/sandbox.ts';

const MIB = 1024 ** 2;
const limits = { wall: 30_000, wallPerMiB: 1_000, wallMax: 300_000 };

describe('wallMsOf()', () => {
  it.each([
    [0, 30_000],
    [MIB, 31_000],
    [270 * MIB - 1024, 300_000 - 0],
    [270 * MIB, 300_000],
    [2_000 * MIB, 300_000],
  ])('gives %i bytes %i ms', (bytes, expected) => {
    expect(Math.abs(wallMsOf(limits, bytes) - expected)).toBeLessThanOrEqual(1);
  });
});

describe('heapBytesOf()', () => {
  it.each([
    ['lines', 1],
    ['text', 2],
    ['bytes', 2],
  ] as const)('chooses the memory class of mode %s', (mode, expected) => {
    expect(heapBytesOf(makeJob('', { mode, limits: { heapStream: 1, heapWhole: 2 } }))).toBe(expected);
  });
});

describe('toRunnerLimits()', () => {
  it('adds the share per MiB to the processor time and room for other records to the steps', () => {
    const { limits } = makeJob('', { limits: { cpu: 1_000, cpuPerMiB: 500, steps: 10 } });

    expect(toRunnerLimits(limits, 2 * MIB)).toMatchObject({ cpuMs: 2_000, records: 10_010 });
  });
});
