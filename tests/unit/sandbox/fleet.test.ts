import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { Fleet, type RunnerNeed } from '../../../src/sandbox/fleet.ts';
import type { Runner } from '../../../src/sandbox/runner.ts';
import { makeManualClock } from '../../support/manual-clock.ts';
import { makeJob } from '../../support/sandbox.ts';

const HEAP = makeJob('').limits.heapStream;
const RECYCLE = { jobs: 3, age: 1_000 };
const CLEAN = { isClean: true, heapBytes: 0 };

/** A fleet over runners that are no processes; `failing` starts are refused first. */
function makeFleet({ size = 1, failing = 0 } = {}) {
  const clock = makeManualClock();
  const killed: number[] = [];
  let started = 0;
  let refusals = failing;
  const start = async (heapBytes: number): Promise<Runner> => {
    started += 1;
    if (refusals > 0) {
      refusals -= 1;
      throw new Error('Cannot start runner: refused by the test');
    }
    const pid = started;
    const { promise: closed, resolve } = Promise.withResolvers<{ signal: string; isSignal: boolean }>();
    return {
      pid,
      heapBytes,
      startedAtMs: clock.monotonicMs(),
      observed: null,
      convert: () => Promise.reject(new Error('Cannot convert: no job of these tests runs')),
      probe: () => Promise.reject(new Error('Cannot probe: no job of these tests runs')),
      isKilled: () => killed.includes(pid),
      kill: () => {
        killed.push(pid);
        resolve({ signal: 'SIGKILL', isSignal: true });
      },
      closed,
      stderr: () => '',
    };
  };
  const fleet = new Fleet({ clock, log: silentLogger, start }, { size, recycle: RECYCLE, spareHeapBytes: HEAP });
  return { fleet, clock, killed, started: () => started };
}

type Class = Partial<Pick<RunnerNeed, 'heapBytes'>>;

const need = (source: string, trust: 'own' | 'bundled', over: Class): RunnerNeed => ({
  converter: makeJob(source, { trust }).converter,
  heapBytes: HEAP,
  ...over,
});
const own = (source: string, over: Class = {}): RunnerNeed => need(source, 'own', over);
const bundled = (source: string, over: Class = {}): RunnerNeed => need(source, 'bundled', over);

describe('a runner', () => {
  it.each([
    [RECYCLE.jobs - 1, []],
    [RECYCLE.jobs, [1]],
    [RECYCLE.jobs + 1, [1]],
  ])('after %i jobs of at most 3: killed %j', async (jobs, expected) => {
    const { fleet, killed } = makeFleet();
    for (let job = 1; job <= jobs; job += 1) fleet.release(await fleet.acquire(own('a')), CLEAN);

    expect(killed).toEqual(expected);
  });

  it.each([
    [RECYCLE.age - 1, []],
    [RECYCLE.age, [1]],
    [RECYCLE.age + 1, [1]],
  ])('%i ms old of at most 1000: killed %j', async (age, expected) => {
    const { fleet, clock, killed } = makeFleet();
    const slot = await fleet.acquire(own('a'));
    clock.advance(age);
    fleet.release(slot, CLEAN);

    expect(killed).toEqual(expected);
  });

  it.each([
    [HEAP / 4 - 1, []],
    [HEAP / 4, []],
    [HEAP / 4 + 1, [1]],
  ])('whose guest left %i bytes of heap: killed %j', async (heapBytes, expected) => {
    const { fleet, killed } = makeFleet();
    fleet.release(await fleet.acquire(own('a')), { isClean: true, heapBytes });

    expect(killed).toEqual(expected);
  });

  it('goes after a job that was not clean', async () => {
    const { fleet, killed } = makeFleet();
    fleet.release(await fleet.acquire(own('a')), { isClean: false, heapBytes: 0 });

    expect(killed).toEqual([1]);
  });

  it('never serves two groups: each converter that is not bundled is one of its own', async () => {
    const { fleet } = makeFleet({ size: 4 });
    const pids = [];
    for (const job of [own('a'), own('b'), bundled('a'), bundled('b'), own('a')]) {
      const slot = await fleet.acquire(job);
      pids.push(slot.runner.pid);
      fleet.release(slot, CLEAN);
    }

    expect(pids).toEqual([1, 2, 3, 3, 1]);
  });
});

describe('a memory class', () => {
  it('has runners of its own, in the same group as well', async () => {
    const { fleet } = makeFleet({ size: 4 });
    const large = { heapBytes: HEAP * 4 };
    const pids = [];
    for (const asked of [bundled('a', large), bundled('a'), bundled('b', large), bundled('b')]) {
      const slot = await fleet.acquire(asked);
      pids.push(slot.runner.pid);
      fleet.release(slot, CLEAN);
    }

    expect(pids).toEqual([1, 2, 1, 2]);
  });
});

describe('a fleet', () => {
  it('never has more processes than its size and one spare: the one that rested longest goes', async () => {
    const { fleet, clock, killed } = makeFleet({ size: 1 });
    for (const source of ['a', 'b', 'c']) {
      fleet.release(await fleet.acquire(own(source)), CLEAN);
      clock.advance(1);
      const { busy, ready } = fleet.counts();
      expect(busy + ready).toBeLessThanOrEqual(2);
    }

    expect(killed).toEqual([1]);
  });

  it.each([
    [1, 'a runner'],
    [2, 'a runner'],
    [3, 'no runner'],
  ])('after %i refused starts has %s', async (failing, expected) => {
    const { fleet, clock } = makeFleet({ failing });
    const acquired = fleet.acquire(own('a')).then(
      () => 'a runner',
      () => 'no runner',
    );
    const turns = Array.from({ length: 50 }, (_, turn) => turn);
    for (const _ of turns) {
      await Promise.resolve();
      clock.advance(100);
    }

    expect(await acquired).toBe(expected);
  });

  it('kills what it has when it is disposed, once, and gives out nothing more', async () => {
    const { fleet, killed } = makeFleet();
    await fleet.acquire(own('a'));

    await Promise.all([fleet[Symbol.asyncDispose](), fleet[Symbol.asyncDispose]()]);

    expect(killed).toContain(1);
    expect(new Set(killed).size).toBe(killed.length);
    await expect(fleet.acquire(own('a'))).rejects.toMatchObject({ code: 'shutting_down' });
  });
});
