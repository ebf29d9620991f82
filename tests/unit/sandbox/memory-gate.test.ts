import { describe, expect, it } from 'vitest';
import { makeMemoryGate } from '../../../src/sandbox/memory-gate.ts';

const { signal } = new AbortController();

/** Has it been admitted by now? */
async function isAdmitted(admission: Promise<Disposable>): Promise<boolean> {
  return await Promise.race([
    admission.then(() => true),
    new Promise<false>((resolve) => setImmediate(resolve, false)),
  ]);
}

describe('makeMemoryGate()', () => {
  it.each([
    [9, true],
    [10, true],
    [11, false],
  ])('of 30 bytes with 20 in use admits %i: %s', async (bytes, expected) => {
    const gate = makeMemoryGate(30);
    await gate.admit(20, { signal });

    expect(await isAdmitted(gate.admit(bytes, { signal }))).toBe(expected);
    expect(gate.used()).toBeLessThanOrEqual(30);
  });

  it('runs what is larger than the whole sum, alone', async () => {
    const gate = makeMemoryGate(30);
    const large = await gate.admit(40, { signal });
    const next = gate.admit(1, { signal });

    expect(await isAdmitted(next)).toBe(false);
    large[Symbol.dispose]();
    expect(await isAdmitted(next)).toBe(true);
  });

  it('serves in the order of asking, so that small ones do not pass a large one', async () => {
    const gate = makeMemoryGate(30);
    const [first, second] = [await gate.admit(15, { signal }), await gate.admit(15, { signal })];
    const large = gate.admit(30, { signal });
    const small = gate.admit(1, { signal });
    first[Symbol.dispose]();

    expect([await isAdmitted(large), await isAdmitted(small)]).toEqual([false, false]);
    second[Symbol.dispose]();
    expect([await isAdmitted(large), await isAdmitted(small)]).toEqual([true, false]);
    (await large)[Symbol.dispose]();
    expect(await isAdmitted(small)).toBe(true);
  });

  it('forgets one that is aborted while it waits, and lets the next one in', async () => {
    const gate = makeMemoryGate(30);
    await gate.admit(20, { signal });
    const reason = new Error('enough');
    const controller = new AbortController();
    const large = gate.admit(30, { signal: controller.signal });
    const small = gate.admit(10, { signal });
    controller.abort(reason);

    await expect(large).rejects.toBe(reason);
    expect(await isAdmitted(small)).toBe(true);
    await expect(gate.admit(1, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('gives room back once, however often it is given back', async () => {
    const gate = makeMemoryGate(30);
    const held = await gate.admit(20, { signal });
    await gate.admit(10, { signal });
    held[Symbol.dispose]();
    held[Symbol.dispose]();

    expect(gate.used()).toBe(10);
  });
});
