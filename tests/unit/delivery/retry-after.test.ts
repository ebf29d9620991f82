import { describe, expect, it } from 'vitest';
import { readRetryAfterMs } from '../../../src/delivery/retry-after.ts';

const nowUnixMs = Date.UTC(2026, 0, 30, 12, 0, 0);
const options = { nowUnixMs, maxMs: 3_600_000 };

describe('readRetryAfterMs()', () => {
  it.each([
    ['120', 120_000],
    [' 1 ', 1_000],
    ['3599', 3_599_000],
    ['3600', 3_600_000],
    ['3601', 3_600_000],
    ['999999999999', 3_600_000],
    ['Fri, 30 Jan 2026 12:00:30 GMT', 30_000],
    ['Friday, 30-Jan-26 12:00:30 GMT', 30_000],
    ['Fri, 30 Jan 2099 12:00:30 GMT', 3_600_000],
  ])('reads %j as %i ms', (header, ms) => {
    expect(readRetryAfterMs(header, options)).toBe(ms);
  });

  it.each([
    null,
    '',
    '0',
    '-5',
    '1.5',
    '1e3',
    'soon',
    '99999999999999999',
    'Fri, 30 Jan 2026 11:59:59 GMT',
    'Fri, nonsense',
  ])('gives way to the own backoff at %j', (header) => {
    expect(readRetryAfterMs(header, options)).toBeNull();
  });
});
