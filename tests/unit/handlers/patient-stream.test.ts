import { describe, expect, it } from 'vitest';
import {
  ANNOUNCED_BYTES,
  ANNOUNCED_MS,
  type PatienceOptions,
  UNANNOUNCED_MS,
  withPatience,
} from '../../../src/handlers/patient-stream.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const announced: PatienceOptions = { name: 'a', size: 1_000_000 };
const STALLED = { code: 'request_failed', data: { reason: 'stalled' } };

/** A stream whose next piece comes when the test says so. */
function rig(options: PatienceOptions, stoppedMs = () => 0) {
  const running = makeManualClock();
  const clock = { ...running, monotonicMs: () => running.monotonicMs() + stoppedMs() };
  let next = Promise.withResolvers<Uint8Array | null>();
  const stream = withPatience(clock, { read: () => next.promise }, options);
  /** Read once; the piece comes after so many milliseconds of waiting. */
  const readAfter = async (ms: number, bytes: number | null) => {
    const reading = stream.read();
    clock.advance(ms);
    next.resolve(bytes === null ? null : new Uint8Array(bytes));
    next = Promise.withResolvers();
    return await reading;
  };
  return { clock, readAfter };
}

describe('withPatience()', () => {
  it.each([
    ['an announced one under its time', announced, ANNOUNCED_MS - 1, true],
    ['an announced one at its time', announced, ANNOUNCED_MS, false],
    ['an announced one over its time', announced, ANNOUNCED_MS + 1, false],
    ['one that nobody announced under its time', { ...announced, size: null }, UNANNOUNCED_MS - 1, true],
    ['one that nobody announced at its time', { ...announced, size: null }, UNANNOUNCED_MS, false],
  ])('waits for %s', async (_title, options, ms, comes) => {
    const { clock, readAfter } = rig(options);

    const reading = readAfter(ms, 1);

    await (comes ? expect(reading).resolves.toHaveLength(1) : expect(reading).rejects.toMatchObject(STALLED));
    expect(clock.pending()).toBe(0);
  });

  it.each([
    ['one byte under', ANNOUNCED_BYTES - 1, false],
    ['at', ANNOUNCED_BYTES, true],
    ['one byte over', ANNOUNCED_BYTES + 1, true],
  ])('begins a new window once enough came: %s', async (_title, bytes, isNew) => {
    const { readAfter } = rig(announced);
    await readAfter(ANNOUNCED_MS - 1, bytes);

    const reading = readAfter(ANNOUNCED_MS - 1, 1);

    await (isNew ? expect(reading).resolves.toHaveLength(1) : expect(reading).rejects.toMatchObject(STALLED));
  });

  it('gives up on one that drips, and not on one whose reader is slow', async () => {
    const { clock, readAfter } = rig(announced);
    for (let n = 0; n < 29; n += 1) {
      await readAfter(1_000, 1);
      clock.advance(ANNOUNCED_MS);
    }

    await expect(readAfter(1_000, 1)).rejects.toMatchObject(STALLED);
  });

  it('takes no time during which the whole daemon stood still for a stall', async () => {
    let stoppedMs = 0;
    const { readAfter } = rig(announced, () => stoppedMs);
    await readAfter(1_000, 1);

    const reading = readAfter(1, 1);
    stoppedMs = 10 * ANNOUNCED_MS;

    await expect(reading).resolves.toHaveLength(1);
    await expect(readAfter(1_000, 1)).resolves.toHaveLength(1);
  });

  it('takes the end for bytes', async () => {
    const { readAfter } = rig(announced);

    await expect(readAfter(ANNOUNCED_MS - 1, null)).resolves.toBeNull();
  });

  it('passes on why a stream was broken off', async () => {
    const stream = withPatience(makeManualClock(), { read: () => Promise.reject(new Error('cancelled')) }, announced);

    await expect(stream.read()).rejects.toThrow('cancelled');
  });
});
