import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../src/core/ids.ts';
import { makeRateLimiter } from '../../src/server/rate.ts';
import { makeManualClock } from '../support/manual-clock.ts';

const perMinute = fc.integer({ min: 1, max: 10_000_000 });
const burst = fc.integer({ min: 1, max: 5000 });
const limits = fc.record({ perMinute, burst, global: fc.integer({ min: 1, max: 5 }) });
const kids = fc.integer({ min: 0, max: 3 });
const steps = fc.array(fc.record({ kid: kids, afterMs: fc.nat(3000), spend: fc.nat(5) }), { maxLength: 60 });

function setUp({ perMinute: calls, burst: capacity, global }: { perMinute: number; burst: number; global: number }) {
  const clock = makeManualClock();
  const rate = { perMinute: calls, burst: capacity };
  return { clock, limiter: makeRateLimiter({ clock }, { calls: rate, submit: rate, global }) };
}

const kidOf = (number: number) => toKeyId(`key-${number}`);

describe('the rate limit', () => {
  it('says to the millisecond when the next call may come: not one earlier, and then for sure', () => {
    fc.assert(
      fc.property(limits, steps, (limit, calls) => {
        const { clock, limiter } = setUp(limit);
        for (const { kid, afterMs, spend } of calls) {
          clock.advance(afterMs);
          if (spend > 0) limiter.spend(kidOf(kid), 'calls', spend);
          const taken = limiter.take(kidOf(kid), 'calls');
          if (taken.kind === 'granted') continue;
          expect(taken.retryAfterMs).toBeGreaterThanOrEqual(1);
          expect(Number.isInteger(taken.retryAfterMs)).toBe(true);
          clock.advance(taken.retryAfterMs - 1);
          if (taken.retryAfterMs > 1) expect(limiter.take(kidOf(kid), 'calls').kind).toBe('denied');
          clock.advance(1);
          expect(limiter.take(kidOf(kid), 'calls').kind).toBe('granted');
        }
      }),
    );
  });

  it('never lets more through than the burst and what came since, for one key and for all', () => {
    fc.assert(
      fc.property(limits, steps, (limit, calls) => {
        const { clock, limiter } = setUp(limit);
        const granted = new Map<number, number>();
        for (const { kid, afterMs } of calls) {
          clock.advance(afterMs);
          for (let one = 0; one < 20; one += 1) {
            if (limiter.take(kidOf(kid), 'calls').kind === 'granted') granted.set(kid, (granted.get(kid) ?? 0) + 1);
          }
        }

        const came = (clock.monotonicMs() * limit.perMinute) / 60_000;
        const all = [...granted.values()].reduce((sum, count) => sum + count, 0);
        for (const count of granted.values()) expect(count).toBeLessThanOrEqual(limit.burst + came + 1e-6);
        expect(all).toBeLessThanOrEqual((limit.burst + came) * limit.global + 1e-6);
      }),
    );
  });
});
