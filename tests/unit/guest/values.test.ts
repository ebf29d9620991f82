import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../../src/guest/base64.ts';
import { parseDate } from '../../../src/guest/dates.ts';
import { isExactNumber, parseNumber } from '../../../src/guest/numbers.ts';
import { makeRandom } from '../../../src/guest/random.ts';
import { encodeUtf8, isLongerThan } from '../../../src/guest/utf8.ts';

describe('parseNumber()', () => {
  it.each([
    ['1', 1],
    [' -1.5e3 ', -1500],
    ['.5', 0.5],
    ['+7.', 7],
    ['1,5', null],
    ['1 000', null],
    ['', null],
    ['NaN', null],
    ['0x10', null],
    ['1e999', null],
  ])('reads "%s" as %s', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it('reads a decimal comma only where it is told to', () => {
    expect([parseNumber('1,5', { decimal: ',' }), parseNumber('1.5', { decimal: ',' })]).toEqual([1.5, null]);
  });
});

describe('isExactNumber()', () => {
  it.each([
    ['9007199254740992', true],
    ['9007199254740993', false],
    ['0.1', true],
    ['0.10000000000000000', true],
    ['0.1000000000000000055511151231257827', false],
    ['1e300', true],
    ['-0.0000000000000000000', true],
  ])('says of %s: %s', (text, isExact) => {
    expect(isExactNumber(text)).toBe(isExact);
  });
});

describe('parseDate()', () => {
  it.each([
    ['2026-01-30T22:01:41.4707353+01:00', 'iso', '2026-01-30T22:01:41.4707353+01:00'],
    ['2026-01-30 22:01', 'iso', '2026-01-30T22:01:00+02:00'],
    ['2026-01-30T22:01:41+0100', 'iso', '2026-01-30T22:01:41+01:00'],
    ['2020-01-01T08:00:00.Z', 'iso', null],
    ['2026-02-30T00:00:00Z', 'iso', null],
    ['30.01.2026 22:01:41', 'dd.MM.yyyy HH:mm:ss', '2026-01-30T22:01:41+02:00'],
    ['30.02.2026 22:01:41', 'dd.MM.yyyy HH:mm:ss', null],
    ['29.02.2028 00:00:00', 'dd.MM.yyyy HH:mm:ss', '2028-02-29T00:00:00+02:00'],
    ['30.01.2026', 'dd.MM.yyyy HH:mm:ss', null],
    ['20260130T220141.007', 'yyyyMMddTHHmmss.SSS', '2026-01-30T22:01:41.007+02:00'],
  ])('reads "%s" by %s as %s', (text, pattern, time) => {
    expect(parseDate(text, pattern, '+02:00')).toBe(time);
  });

  it('refuses a zone that is no offset', () => {
    expect(() => parseDate('2026-01-30', 'iso', 'Europe/Oslo')).toThrow('write UTC or an offset');
  });
});

describe('decodeBase64()', () => {
  it.each(['', 'f', 'fo', 'foo', 'foob', '\u0000\u00ff\u0080'])('decodes what was "%s"', (text) => {
    const bytes = Buffer.from(text, 'latin1');

    expect([...(decodeBase64(bytes.toString('base64')) ?? [])]).toEqual([...bytes]);
  });

  it.each(['a', 'ab-_', 'ab=c'])('refuses "%s"', (text) => {
    expect(decodeBase64(text)).toBeNull();
  });
});

describe('UTF-8', () => {
  it.each(['a', 'ü', '€', '😀', 'aü€😀'])('encodes "%s" as Node does', (text) => {
    expect(encodeUtf8(text)).toBe(Buffer.from(text).toString('latin1'));
  });

  it('encodes half a character as the replacement character', () => {
    expect(encodeUtf8('a\ud800')).toBe(Buffer.from('a\ufffd').toString('latin1'));
  });

  it.each([
    [4, true],
    [5, false],
    [6, false],
  ])('says whether five bytes are longer than %d: %s', (limit, isLonger) => {
    expect(isLongerThan('ü€', limit)).toBe(isLonger);
  });
});

describe('makeRandom()', () => {
  it('follows its seed', () => {
    const [first, second, other] = [makeRandom(7), makeRandom(7), makeRandom(8)].map((random) => [random(), random()]);

    expect([first, first?.every((value) => value >= 0 && value < 1)]).toEqual([second, true]);
    expect(first).not.toEqual(other);
  });
});
