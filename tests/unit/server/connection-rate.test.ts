import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { makeConnectionRate } from '../../../src/server/connection-rate.ts';
import { makeRateLimiter } from '../../../src/server/rate.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const kid = toKeyId('one');
const config = { calls: { perMinute: 100, burst: 20 }, submit: { perMinute: 6000, burst: 500 }, global: 10 };

type Client = {
  readonly workers: number;
  readonly bucket: 'calls' | 'submit';
  /** What a worker waits after it was told to. */
  readonly wait: (toldMs: number) => number;
};

/** Workers that call again as soon as they were let through, for a minute or until the connection is closed. */
function run(client: Client, rate = makeRate()) {
  const { workers, bucket, wait } = client;
  const { clock, limit } = rate;
  const nextMs = Array.from({ length: workers }, () => 0);
  let [granted, denied] = [0, 0];
  while (!limit.isOver()) {
    const atMs = Math.min(...nextMs);
    if (atMs >= 60_000) break;
    clock.advance(atMs - clock.monotonicMs());
    const taken = limit.take(kid, bucket);
    nextMs[nextMs.indexOf(atMs)] = taken.kind === 'granted' ? atMs : atMs + wait(taken.retryAfterMs);
    if (taken.kind === 'granted') granted += 1;
    else denied += 1;
  }
  return { isOver: limit.isOver(), granted, denied, atMs: clock.monotonicMs() };
}

function makeRate() {
  const clock = makeManualClock();
  return {
    clock,
    limit: makeConnectionRate({ clock, rate: makeRateLimiter({ clock }, config), config: { calls: 32 } }),
  };
}

describe('the rate limit of a connection', () => {
  it.each([
    ['1 worker', { workers: 1, bucket: 'calls' }, 120],
    ['32 workers', { workers: 32, bucket: 'calls' }, 120],
    ['32 workers of the other class', { workers: 32, bucket: 'submit' }, 6500],
  ] as const)('keeps %s that wait exactly as long as they are told', (_title, client, calls) => {
    const { isOver, granted, denied } = run({ ...client, wait: (toldMs) => toldMs });

    expect(isOver).toBe(false);
    expect(granted).toBeGreaterThanOrEqual(calls * 0.95);
    // Who comes in his turn is let through: nearly each denial was followed by one grant.
    expect(denied).toBeLessThanOrEqual(granted + client.workers);
  });

  it('keeps those that wait up to a fifth longer', () => {
    let spread = 0;

    const { isOver } = run({
      workers: 32,
      bucket: 'calls',
      wait: (toldMs) => toldMs * (1 + ((spread += 7) % 21) / 100),
    });

    expect(isOver).toBe(false);
  });

  it.each([
    ['at once', 1, () => 0],
    ['every 100 ms', 1, () => 100],
    ['after a third of the time', 32, (toldMs: number) => toldMs / 3],
  ])('closes a client that comes back %s', (_title, workers, wait) => {
    expect(run({ workers, bucket: 'calls', wait }).isOver).toBe(true);
  });

  it('keeps 32 calls that wait for their turn while another connection of the key takes the tokens', () => {
    const clock = makeManualClock();
    const rate = makeRateLimiter({ clock }, config);
    const taking = makeConnectionRate({ clock, rate, config: { calls: 32 } });
    const limit = makeConnectionRate({
      clock,
      config: { calls: 32 },
      rate: {
        take: (one, bucket) => {
          taking.take(one, bucket);
          return rate.take(one, bucket);
        },
      },
    });

    expect(run({ workers: 32, bucket: 'calls', wait: (toldMs) => toldMs }, { clock, limit }).isOver).toBe(false);
  });
});
