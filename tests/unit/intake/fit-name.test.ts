import { describe, expect, it } from 'vitest';
import { fitName, MAX_NAME_BYTES, splitName } from '../../../src/intake/fit-name.ts';

const bytesOf = (name: string): number => Buffer.byteLength(name);

describe('splitName()', () => {
  it.each([
    ['a.b.csv', 'a.b', '.csv'],
    ['a', 'a', ''],
    ['.hidden', '.hidden', ''],
    [`a.${'x'.repeat(31)}`, 'a', `.${'x'.repeat(31)}`],
    [`a.${'x'.repeat(32)}`, `a.${'x'.repeat(32)}`, ''],
  ])('splits %s', (name, stem, extension) => {
    expect(splitName(name)).toEqual({ stem, extension });
  });
});

describe('fitName()', () => {
  it.each([
    [MAX_NAME_BYTES - 1, MAX_NAME_BYTES - 1],
    [MAX_NAME_BYTES, MAX_NAME_BYTES],
    [MAX_NAME_BYTES + 1, MAX_NAME_BYTES],
  ])('makes of %d bytes a name of %d', (wanted, expected) => {
    const stem = 'n'.repeat(wanted - '.1234.csv'.length);

    const name = fitName({ stem, extension: '.csv' }, { addition: '.1234' });

    expect([bytesOf(name), name.endsWith('n.1234.csv')]).toEqual([expected, true]);
  });

  it.each([
    [125, 254],
    [126, 254],
    [127, 254],
  ])('cuts between characters: of %d letters of two bytes %d bytes stay', (letters, expected) => {
    const name = fitName({ stem: 'ä'.repeat(letters), extension: '.csv' });

    expect([bytesOf(name), name]).toEqual([expected, `${'ä'.repeat(125)}.csv`]);
  });

  it('cuts no letter of four bytes in two', () => {
    const name = fitName({ stem: '😀'.repeat(64), extension: '' }, { besideBytes: 2 });

    expect(name).toBe('😀'.repeat(63));
  });

  it('leaves room for the name beside it', () => {
    expect(bytesOf(fitName({ stem: 'n'.repeat(300), extension: '.csv' }, { besideBytes: 11 }))).toBe(244);
  });
});
