import { describe, expect, it } from 'vitest';
import { formatBytes, formatDurationMs, readDurationMs, readSizeBytes } from '../../../src/core/units.ts';

describe('readDurationMs()', () => {
  it.each([
    ['30 s', 30_000],
    ['30s', 30_000],
    ['1.5 min', 90_000],
    ['500 ms', 500],
    ['2 h', 7_200_000],
    ['1 d', 86_400_000],
    ['0', 0],
  ])('reads %j', (text, value) => {
    expect(readDurationMs(text)).toEqual({ kind: 'ok', value });
  });

  it('asks for the unit of a bare number and refuses everything else', () => {
    expect(readDurationMs('30')).toEqual({ kind: 'missing_unit' });
    for (const text of ['', 's', '30 S', '30  s', '-1 s', '1e3 s', '30 seconds', '30 MiB', '30 constructor']) {
      expect(readDurationMs(text), text).toEqual({ kind: 'unreadable' });
    }
  });
});

describe('readSizeBytes()', () => {
  it('knows binary and decimal units', () => {
    expect(readSizeBytes('64 MiB')).toEqual({ kind: 'ok', value: 67_108_864 });
    expect(readSizeBytes('1 GB')).toEqual({ kind: 'ok', value: 1_000_000_000 });
    expect(readSizeBytes('1.5 KiB')).toEqual({ kind: 'ok', value: 1536 });
    expect(readSizeBytes('64 mib')).toEqual({ kind: 'unreadable' });
  });
});

describe('formatting', () => {
  it('picks the largest unit that fits', () => {
    expect([formatBytes(0), formatBytes(1023), formatBytes(1024), formatBytes(67_108_864)]).toEqual([
      '0 B',
      '1023 B',
      '1 KiB',
      '64 MiB',
    ]);
    expect([formatDurationMs(0), formatDurationMs(999), formatDurationMs(1000), formatDurationMs(90_000)]).toEqual([
      '0 ms',
      '999 ms',
      '1 s',
      '1.5 min',
    ]);
  });
});
