import { describe, expect, it } from 'vitest';
import { claimOne, convertOne, makeReport, openTestEngine } from '../../support/store.ts';

const claim = (engine: ReturnType<typeof openTestEngine>) => engine.call('claimDelivery', 'folder', { isProbe: false });

describe('releaseHeld()', () => {
  it('makes the held deliveries of one destination ready, and says how many', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, { destinations: ['folder', 'wats'] }), makeReport(2)]);
    const held = { state: 'held', error: '401', answer: null } as const;
    for (const name of ['folder', 'folder', 'wats']) engine.call('endDelivery', claimOne(engine, name), held);

    const released = engine.call('releaseHeld', 'folder');

    expect(released).toBe(2);
    expect(engine.call('stats').deliveries).toMatchObject({ ready: 2, held: 1 });
  });
});

describe('holdRemoved()', () => {
  it('holds what is bound for a destination that is gone, and says so', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1), makeReport(2, { destinations: ['wats'] })]);

    const held = engine.call('holdRemoved', ['wats']);

    expect(held).toBe(1);
    expect(claim(engine)).toEqual({ kind: 'none', nextDueInMs: null });
    expect(engine.changes.at(-1)).toMatchObject({ kind: 'report', state: 'held', reason: 'destination_removed' });
    expect(engine.call('holdRemoved', ['wats'])).toBe(0);
  });

  it('takes back what it held once the destination is configured again, and nothing else', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1), makeReport(2)]);
    engine.call('endDelivery', claimOne(engine), { state: 'held', error: '401', answer: null });
    engine.call('holdRemoved', []);

    engine.call('holdRemoved', ['folder']);

    expect(engine.call('stats').deliveries).toMatchObject({ ready: 1, held: 1 });
  });
});

describe('setDestination()', () => {
  it('remembers the last state of each destination across a restart', () => {
    using engine = openTestEngine();
    const up = {
      name: 'b',
      state: 'up',
      reason: null,
      message: null,
      sinceUnixMs: null,
      dueUnixMs: null,
      failures: 0,
    } as const;
    const held = {
      ...up,
      name: 'a',
      state: 'held',
      reason: 'unauthorized',
      message: '401',
      sinceUnixMs: 1,
      dueUnixMs: 2,
      failures: 3,
    } as const;
    engine.call('setDestination', up);
    engine.call('setDestination', { ...held, state: 'waiting' });
    engine.call('setDestination', held);
    engine.reopen();

    expect(engine.call('destinations')).toEqual([held, up]);
  });
});
