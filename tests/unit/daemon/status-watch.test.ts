import { describe, expect, it } from 'vitest';
import { makeEventBus } from '../../../src/core/event-bus.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { makeStatusWatch } from '../../../src/daemon/status-watch.ts';
import type { StatusEvent } from '../../../src/protocol/events.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const statusOf = (items: number, moving = 0): StatusEvent => ({
  state: 'ready',
  reasons: [],
  version: '0',
  bootId: 'b',
  instance: 'default',
  pid: 1,
  uptimeMs: moving,
  queue: {
    items,
    maxItems: 10,
    submissions: {},
    deliveries: {},
    bytes: { submissions: 0, reports: 0, reserved: 0, max: 0 },
    disk: { freeBytes: moving, floorBytes: 0, ballast: 'off' },
    oldestReadyAgeMs: moving,
    refusals: {},
  } as StatusEvent['queue'],
  destinations: [],
  intake: [],
  converters: [],
  sandbox: { runners: { size: 1, busy: 0, ready: 1 }, walls: [] },
  config: { state: 'ok', path: '', etag: null, loadedAt: '', restart: [], findings: [] },
  today: { submissions: 0, reports: 0, delivered: 0, failed: 0, lastDelivery: null },
});

const STEP_MS = 10;

function setUp() {
  const clock = makeManualClock();
  const hints = makeEventBus<unknown>(() => undefined);
  const told: number[] = [];
  const state = { items: 0, moving: 0, looks: 0, takesMs: 0, isBroken: false };
  const status = makeStatusWatch({
    clock,
    log: silentLogger,
    hints,
    get: async () => {
      state.looks += 1;
      if (state.isBroken) throw new Error('broken');
      const found = statusOf(state.items, state.moving);
      clock.advance(state.takesMs);
      return found;
    },
  });
  status.changes.subscribe(({ queue }) => told.push(queue.items));
  /** Let time pass, and what began in it end. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      clock.advance(Math.min(STEP_MS, left));
      await settle();
    }
  }
  return { clock, hints, told, state, status, pass };
}

async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

describe('the watch of the status', () => {
  it('looks at nothing while nobody listens', async () => {
    const { clock, hints, state, status, pass } = setUp();

    hints.publish(1);
    await pass(10_000);
    status.watch()[Symbol.dispose]();
    await pass(10_000);

    expect(state.looks).toBe(0);
    expect(clock.pending()).toBe(0);
  });

  it('looks at a hint at once and then rests half a second, however many hints come', async () => {
    const { hints, told, state, status, pass } = setUp();
    using watch = status.watch();
    await watch.refresh();
    await pass(1000);
    state.looks = 0;

    state.items = 5;
    for (let hint = 0; hint < 100; hint += 1) hints.publish(hint);
    await pass(10);
    for (let hint = 0; hint < 100; hint += 1) hints.publish(hint);
    await pass(490);

    expect(told).toEqual([5]);
    expect(state.looks).toBe(1);
    await pass(20);
    expect(state.looks).toBe(2);
    expect(told).toEqual([5]);
  });

  it('finds a change without a hint within a second', async () => {
    const { told, state, status, pass } = setUp();
    using watch = status.watch();
    await watch.refresh();

    state.items = 3;
    await pass(500);
    await pass(1000);

    expect(told).toEqual([3]);
  });

  it('tells nothing where only what always moves has moved', async () => {
    const { told, state, status, pass } = setUp();
    using watch = status.watch();
    await watch.refresh();

    for (let turn = 1; turn <= 5; turn += 1) {
      state.moving = turn;
      await pass(1000);
    }

    expect(told).toEqual([]);
    expect(status.read()?.uptimeMs).toBe(5);
  });

  it('tells who comes back what changed while nobody listened', async () => {
    const { told, state, status, pass } = setUp();
    const first = status.watch();
    await first.refresh();
    first[Symbol.dispose]();
    state.items = 7;

    using _second = status.watch();
    await pass(500);

    expect(told).toEqual([7]);
  });

  it('gives who asks for now a look that began after the question', async () => {
    const { state, status } = setUp();
    using watch = status.watch();
    const early = watch.refresh();
    state.items = 1;
    const late = watch.refresh();
    const later = watch.refresh();

    await early;
    expect(status.read()?.queue.items).toBe(0);
    await Promise.all([late, later]);

    expect(status.read()?.queue.items).toBe(1);
    expect(state.looks).toBe(2);
  });

  it('rests the longer the longer a look takes', async () => {
    const { hints, state, status, pass } = setUp();
    state.takesMs = 100;
    using watch = status.watch();
    await watch.refresh();
    hints.publish(1);

    await pass(1999);
    expect(state.looks).toBe(1);
    await pass(1);

    expect(state.looks).toBe(2);
  });

  it('goes on after a look that failed, and says so to who asked', async () => {
    const { told, state, status, pass } = setUp();
    using watch = status.watch();
    await watch.refresh();
    state.isBroken = true;
    await expect(watch.refresh()).rejects.toThrow('broken');
    await pass(1000);
    state.looks = 0;
    await pass(400);
    expect(state.looks).toBe(0);

    state.isBroken = false;
    state.items = 2;
    await pass(1000);

    expect(told).toEqual([2]);
  });

  it('ends with the last of those who listen', async () => {
    const { clock, state, status, pass } = setUp();
    const [one, other] = [status.watch(), status.watch()];
    await one.refresh();

    one[Symbol.dispose]();
    one[Symbol.dispose]();
    await pass(1000);
    expect(state.looks).toBeGreaterThan(1);
    other[Symbol.dispose]();

    expect(clock.pending()).toBe(0);
  });
});
