import { describe, expect, it } from 'vitest';
import { pauseBeforeMs, toldPauseMs } from '../../../src/client/backoff.ts';
import { type Circumstances, judge } from '../../../src/client/judge.ts';
import { AirlockError } from '../../../src/core/errors.ts';

const lost = new AirlockError('unavailable', 'Cannot reach airlock', { data: { reason: 'connection_lost' } });
const broken = new AirlockError('unavailable', 'Cannot go on', { data: { reason: 'protocol_error' } });
const lostCall = (end: AirlockError): AirlockError => new AirlockError(end.code, 'm', { cause: end, data: end.data });
const answered = (code: 'shutting_down' | 'server_cancelled' | 'queue_full' | 'unavailable', data = {}): AirlockError =>
  new AirlockError(code, 'm', { data });
const limited = new AirlockError('rate_limited', 'm', { data: { retryAfterMs: 100 } });
const here: Circumstances = { lost: null, mayRepeat: true, isLasting: true };

describe('judge()', () => {
  it.each<[string, unknown, Partial<Circumstances>, string]>([
    ['a lost connection', lostCall(lost), { lost }, 'elsewhere'],
    ['the end itself, in the middle of a large answer', lost, { lost }, 'elsewhere'],
    ['a lost connection of what may not be repeated', lostCall(lost), { lost, mayRepeat: false }, 'fail'],
    ['a lost connection that is the last', lostCall(lost), { lost, isLasting: false }, 'fail'],
    ['a broken protocol', lostCall(broken), { lost: broken }, 'fail'],
    ['a refusal before the stop', answered('shutting_down'), { mayRepeat: false }, 'elsewhere'],
    ['a refusal before the stop on the last connection', answered('shutting_down'), { isLasting: false }, 'fail'],
    ['work that the stop broke off', answered('server_cancelled'), {}, 'elsewhere'],
    ['work that may not be repeated and was broken off', answered('server_cancelled'), { mayRepeat: false }, 'fail'],
    ['a full queue', answered('queue_full'), {}, 'fail'],
    ['a part that is not ready', answered('unavailable'), {}, 'fail'],
    ['an answer that came before the connection was lost', answered('queue_full'), { lost }, 'fail'],
    ['a rate limit', limited, { mayRepeat: false, isLasting: false }, 'after'],
    ['a rate limit without a time', new AirlockError('rate_limited', 'm'), {}, 'fail'],
    ['what is no failure of the table', new Error('source'), {}, 'fail'],
  ])('of %s (case %#)', (_what, error, circumstances, expected) => {
    expect(judge(error, { ...here, ...circumstances }, () => 0).kind).toBe(expected);
  });
});

describe('pauseBeforeMs()', () => {
  it('doubles from 100 ms to 5 s', () => {
    const pauses = [0, 1, 2, 3, 4, 5, 6, 60].map((failures) =>
      pauseBeforeMs({ failures, retryAfterMs: undefined }, 0.5),
    );

    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('spreads by a fifth both ways', () => {
    const spread = [0, 1].map((random) => pauseBeforeMs({ failures: 9, retryAfterMs: undefined }, random));

    expect(spread).toEqual([4000, 6000]);
  });

  it('is never shorter than what the server asked for', () => {
    expect(pauseBeforeMs({ failures: 0, retryAfterMs: 700 }, 0)).toBe(700);
    expect(toldPauseMs(700, 1)).toBe(840);
  });

  it.each([
    [59_999, 59_999],
    [60_000, 60_000],
    [60_001, 60_000],
    [Number.POSITIVE_INFINITY, 60_000],
    [-5, 80],
  ])('takes %d ms that a server asks for as %d ms', (retryAfterMs, expected) => {
    expect(pauseBeforeMs({ failures: 0, retryAfterMs }, 0)).toBe(expected);
  });
});
