import { describe, expect, it } from 'vitest';
import { fitsPattern, judgeName } from '../../../src/intake/pattern.ts';

const NAMES = { temporary: ['.*', '*.tmp'], include: ['*'], exclude: [] };

describe('fitsPattern()', () => {
  it.each([
    ['a.csv', '*.csv', true],
    ['A.CSV', '*.csv', true],
    ['a.csv.bak', '*.csv', false],
    ['ab.csv', 'a?.csv', true],
    ['a.csv', 'a?.csv', false],
    ['README', '*.*', true],
    ['', '*', true],
    ['aXbXc', 'a*b*c', true],
    ['a.c', 'a.b', false],
  ])('%j against %j is %s', (text, pattern, fits) => {
    expect(fitsPattern(text, pattern)).toBe(fits);
  });

  it('takes no longer than text times pattern', () => {
    expect(fitsPattern('a'.repeat(255), `${'a*'.repeat(127)}b`)).toBe(false);
  });
});

describe('judgeName()', () => {
  it('never wants a temporary name, whatever is included', () => {
    expect(judgeName('a.csv.tmp', { ...NAMES, include: ['*.tmp'] })).toBe('temporary');
    expect(judgeName('sub/.hidden', NAMES)).toBe('temporary');
  });

  it('excludes what is included', () => {
    const names = { ...NAMES, include: ['*.csv'], exclude: ['old*'] };
    expect([judgeName('a.csv', names), judgeName('old.csv', names), judgeName('a.txt', names)]).toEqual([
      'wanted',
      'other',
      'other',
    ]);
  });

  it('holds a pattern with a slash against the whole path', () => {
    const names = { ...NAMES, include: ['line-?/*.csv'] };
    expect([judgeName('line-1/a.csv', names), judgeName('a.csv', names)]).toEqual(['wanted', 'other']);
  });
});
