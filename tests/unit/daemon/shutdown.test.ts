import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { armAbort, drain } from '../../../src/daemon/shutdown.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const request = { reason: 'SIGTERM', graceMs: 10_000 };

function makeDeps() {
  const clock = makeManualClock();
  return { clock, deps: { clock, log: silentLogger, config: { abort: 5_000 } } };
}

describe('armAbort()', () => {
  it('ends the process once, when both times are over and not a millisecond before', () => {
    const { clock, deps } = makeDeps();
    let ends = 0;
    using _armed = armAbort(deps, request, () => (ends += 1));

    clock.advance(14_999);
    const before = ends;
    clock.advance(1);

    expect([before, ends]).toEqual([0, 1]);
  });

  it('does nothing once it is disposed', () => {
    const { clock, deps } = makeDeps();
    let ends = 0;
    armAbort(deps, request, () => (ends += 1))[Symbol.dispose]();

    clock.advance(60_000);

    expect({ ends, timers: clock.pending() }).toEqual({ ends: 0, timers: 0 });
  });
});

describe('drain()', () => {
  it('drains all parts at once, and aborts what still runs when the grace is over', async () => {
    const { clock, deps } = makeDeps();
    const signals: AbortSignal[] = [];
    const work = ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
      signals.push(signal);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    const told: unknown[] = [];
    const server = {
      connections: () => 0,
      drain: async (options: unknown) => void told.push(options),
      [Symbol.asyncDispose]: async () => undefined,
    };
    const part = { drain: work, [Symbol.asyncDispose]: async () => undefined };

    let isTaking = true;
    const intake = {
      list: async () => [],
      rescan: () => [],
      stopTaking: async () => void (isTaking = false),
      [Symbol.asyncDispose]: async () => undefined,
    };

    const drained = drain(
      deps,
      { server, conversions: part, delivery: { ...part, lift: async () => undefined }, intake },
      request,
    );
    const wasTaking = isTaking;
    clock.advance(9_999);
    const before = signals.map(({ aborted }) => aborted);
    clock.advance(1);
    await drained;

    expect(wasTaking).toBe(false);
    expect(told).toEqual([{ graceMs: 10_000, reason: 'SIGTERM', retryAfterMs: 1_000 }]);
    expect([before, signals.map(({ aborted }) => aborted)]).toEqual([
      [false, false],
      [true, true],
    ]);
    expect(clock.pending()).toBe(0);
  });
});
