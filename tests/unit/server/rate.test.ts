import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { makeRateLimiter } from '../../../src/server/rate.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const [one, two] = [toKeyId('one'), toKeyId('two')];
const config = { calls: { perMinute: 100, burst: 20 }, submit: { perMinute: 6000, burst: 500 }, global: 10 };

function takeMany(limiter: ReturnType<typeof makeRateLimiter>, count: number, kid = one) {
  return Array.from({ length: count }, () => limiter.take(kid, 'calls').kind).filter((kind) => kind === 'granted')
    .length;
}

describe('a rate limiter', () => {
  it.each([
    [19, 19],
    [20, 20],
    [21, 20],
  ])('of %i calls at once lets %i through', (count, through) => {
    const limiter = makeRateLimiter({ clock: makeManualClock() }, config);

    expect(takeMany(limiter, count)).toBe(through);
  });

  it('says to the millisecond when the next one may come', () => {
    const clock = makeManualClock();
    const limiter = makeRateLimiter({ clock }, config);
    takeMany(limiter, 20);

    const denied = limiter.take(one, 'calls');
    clock.advance(599);
    const early = limiter.take(one, 'calls');
    clock.advance(1);

    expect(denied).toEqual({ kind: 'denied', bucket: 'calls', retryAfterMs: 600, tokenMs: 600 });
    expect(early).toEqual({ kind: 'denied', bucket: 'calls', retryAfterMs: 1, tokenMs: 600 });
    expect(limiter.take(one, 'calls').kind).toBe('granted');
  });

  it('takes from neither bucket when one of the two denies', () => {
    const limiter = makeRateLimiter({ clock: makeManualClock() }, { ...config, global: 1 });
    takeMany(limiter, 20, one);

    expect(limiter.take(two, 'calls').kind).toBe('denied');
    expect(makeRateLimiter({ clock: makeManualClock() }, config).take(two, 'calls').kind).toBe('granted');
  });

  it('lets streams take a bucket below zero', () => {
    const clock = makeManualClock();
    const limiter = makeRateLimiter({ clock }, config);

    limiter.spend(one, 'submit', 600);

    expect(limiter.take(one, 'submit')).toMatchObject({ kind: 'denied', retryAfterMs: 1010 });
  });

  it('remembers a key among a thousand others, and forgets the one used least lately', () => {
    const limiter = makeRateLimiter({ clock: makeManualClock() }, { ...config, global: 1000 });
    takeMany(limiter, 20, one);

    for (let index = 0; index < 1023; index += 1) limiter.take(toKeyId(`key-${index}`), 'calls');
    expect(limiter.take(one, 'calls').kind).toBe('denied');
    limiter.take(toKeyId('key-last'), 'calls');

    expect(limiter.take(one, 'calls').kind).toBe('granted');
  });
});
