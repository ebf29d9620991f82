import { describe, expect, it } from 'vitest';
import { readArgument } from '../../../src/gate/argument-value.ts';

describe('readArgument()', () => {
  it.each([
    ['string', 'x', 'x'],
    ['string', '', ''],
    ['number', 1.5, 1.5],
    ['integer', -3, -3],
    ['boolean', false, false],
    ['number', '-1.5e3', -1_500],
    ['integer', '30', 30],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['string', '30', '30'],
    ['duration', '30 s', 30_000],
    ['duration', '0', 0],
    ['map', { a: 'b' }, { a: 'b' }],
  ] as const)('takes a %s', (type, value, result) => {
    expect(readArgument({ type }, value)).toEqual({ kind: 'ok', value: result });
  });

  it.each([
    ['string', 1],
    ['string', 'x'.repeat(8_193)],
    ['number', ''],
    ['number', '1,5'],
    ['number', '0x10'],
    ['number', '1e999'],
    ['integer', '1.5'],
    ['integer', '9007199254740993'],
    ['integer', ' 30'],
    ['number', null],
    ['integer', 1.5],
    ['integer', 2 ** 53],
    ['boolean', 'yes'],
    ['boolean', 1],
    ['duration', 30],
    ['duration', '30'],
    ['map', { a: 1 }],
    ['map', ['a']],
    ['map', null],
  ] as const)('refuses a wrong %s and says what was expected', (type, value) => {
    expect(readArgument({ type }, value)).toEqual({ kind: 'wrong', expected: expect.any(String) });
  });

  it('takes one of the values of an enum and no other', () => {
    const shape = { type: 'enum', values: ['a', 'b'] } as const;

    expect(readArgument(shape, 'b')).toEqual({ kind: 'ok', value: 'b' });
    expect(readArgument(shape, 'c')).toEqual({ kind: 'wrong', expected: 'one of "a", "b"' });
  });

  it.each([
    [999, 'ok'],
    [1_000, 'ok'],
    [1_001, 'wrong'],
  ])('takes a map of %i entries or refuses it', (count, kind) => {
    const map = Object.fromEntries(Array.from({ length: count }, (_none, index) => [`k${index}`, 'v']));

    expect(readArgument({ type: 'map' }, map).kind).toBe(kind);
  });
});
