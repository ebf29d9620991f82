import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { configSchema } from '../../../src/config/schema/root.ts';
import { duration, integer, name, size, stationText } from '../../../src/config/values.ts';

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

describe('duration()', () => {
  const schema = duration({ min: 1000, max: 60_000 });

  test.each([
    ['999 ms', false],
    ['1 s', true],
    ['1001 ms', true],
    ['59999 ms', true],
    ['1 min', true],
    ['60001 ms', false],
    ['0', false],
    ['1S', false],
    ['1  s', false],
    ['-1 s', false],
    ['1e3 s', false],
    ['', false],
    [' 1 s', false],
  ])('%j fits: %s', (text, fits) => {
    expect(accepts(schema, text)).toBe(fits);
  });

  test.each([
    ['1 ms', 1],
    ['1.5 s', 1500],
    ['2min', 120_000],
    ['1 h', 3_600_000],
    ['1 d', 86_400_000],
  ])('%j is %i ms', (text, ms) => {
    expect(duration().parse(text)).toBe(ms);
  });

  test('takes "0" below its lower limit only where 0 has a meaning', () => {
    const withZero = duration({ min: 1000, zero: true });

    expect([withZero.parse('0'), accepts(withZero, '999 ms'), accepts(duration({ min: 1000 }), '0')]).toEqual([
      0,
      false,
      false,
    ]);
  });
});

describe('size()', () => {
  const schema = size({ min: 1024, max: 1024 ** 2 });

  test.each([
    ['1023 B', false],
    ['1 KiB', true],
    ['1025 B', true],
    ['1048575 B', true],
    ['1 MiB', true],
    ['1048577 B', false],
  ])('%j fits: %s', (text, fits) => {
    expect(accepts(schema, text)).toBe(fits);
  });

  test.each([
    ['1 KB', 1000],
    ['1 MB', 1_000_000],
    ['1 GB', 1e9],
    ['1 GiB', 1024 ** 3],
  ])('%j is %i bytes', (text, bytes) => {
    expect(size().parse(text)).toBe(bytes);
  });
});

describe('plain kinds', () => {
  test.each([
    [integer(4, 6), 3, false],
    [integer(4, 6), 4, true],
    [integer(4, 6), 6, true],
    [integer(4, 6), 7, false],
    [name, 'a'.repeat(31), true],
    [name, 'a'.repeat(32), true],
    [name, 'a'.repeat(33), false],
    [stationText, 'x'.repeat(99), true],
    [stationText, 'x'.repeat(100), true],
    [stationText, 'x'.repeat(101), false],
  ])('%# holds its limit', (schema, value, fits) => {
    expect(accepts(schema, value)).toBe(fits);
  });
});

describe('configSchema', () => {
  test.each([
    [{ ipc: { connections: 15, perKey: 15 } }, true],
    [{ ipc: { connections: 15, perKey: 16 } }, false],
    [{ ipc: { adminReserve: 63 } }, true],
    [{ ipc: { adminReserve: 64 } }, false],
    [{ ipc: { unsent: { pause: '8191 KiB' } } }, true],
    [{ ipc: { unsent: { pause: '8 MiB' } } }, false],
    [{ ipc: { jsonFrame: '65535 B' } }, false],
    [{ ipc: { jsonFrame: '64 KiB' } }, true],
    [{ ipc: { jsonFrame: '1 MiB' } }, true],
    [{ ipc: { jsonFrame: '1048577 B' } }, false],
    [{ sandbox: { limits: { cpu: '5 min' } } }, true],
    [{ sandbox: { limits: { cpu: '300001 ms' } } }, false],
    [{ sandbox: { runners: 0 } }, false],
    [{ sandbox: { runners: 1 } }, true],
    [{ sandbox: { runners: 16 } }, true],
    [{ limits: { attachment: '50 MiB' } }, true],
    [{ limits: { attachment: '52428801 B' } }, false],
    [{ daemon: { drain: '0' } }, true],
    [{ daemon: { drain: '5 min' } }, true],
    [{ daemon: { drain: '300001 ms' } }, false],
  ])('%j fits: %s', (input, fits) => {
    expect(accepts(configSchema, input)).toBe(fits);
  });
});
