import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { makeCursorFormat } from '../../../src/server/event-cursor.ts';

const everything = makeCursorFormat({ topics: ['status', 'submission'], kid: null });

describe('a cursor', () => {
  it.each([
    { kept: 0, latest: 0 },
    { kept: 7, latest: 7 },
    { kept: 9, latest: 3 },
    { kept: Number.MAX_SAFE_INTEGER, latest: 0 },
  ])('is read as it was written: %j', (place) => {
    expect(everything.read(everything.write(place))).toEqual({ kind: 'place', place });
  });

  it('is the same for the same topics in another order', () => {
    const other = makeCursorFormat({ topics: ['submission', 'status'], kid: null });

    expect(other.read(everything.write({ kept: 1, latest: 1 })).kind).toBe('place');
  });

  it.each([
    { topics: ['submission'] as const, kid: null },
    { topics: ['status', 'submission', 'report'] as const, kid: null },
    { topics: ['status', 'submission'] as const, kid: toKeyId('local') },
  ])('of others is foreign: %j', (scope) => {
    expect(everything.read(makeCursorFormat(scope).write({ kept: 1, latest: 1 }))).toEqual({ kind: 'foreign' });
  });

  it.each([
    '',
    'x',
    '12345678',
    '12345678.1e3',
    '12345678.+1',
    '12345678.9007199254740993',
    '12345678.1.',
    ' 12345678.1',
    '12345678.1\n',
  ])('is %j not', (text) => {
    expect(everything.read(text)).toEqual({ kind: 'malformed' });
  });

  it('fits into the parameter, however far it has come', () => {
    const farthest = { kept: Number.MAX_SAFE_INTEGER, latest: Number.MAX_SAFE_INTEGER - 1 };

    expect(everything.write(farthest).length).toBeLessThanOrEqual(200);
  });
});
