import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fixedWidth } from '../../../src/guest/fixed-width.ts';
import { LONGEST_LINE } from '../../../src/guest/input.ts';
import { ini, keyValue } from '../../../src/guest/key-value.ts';
import { lines } from '../../../src/guest/lines.ts';
import { sha256 } from '../../../src/guest/sha256.ts';
import { encodeUtf8 } from '../../../src/guest/utf8.ts';

describe('lines()', () => {
  it('splits texts and pieces at every kind of line end', () => {
    expect([...lines('a\r\nb\rc\nd')]).toEqual(['a', 'b', 'c', 'd']);
    expect([...lines({ chunks: () => ['a\r', '\nb', '\n'] })]).toEqual(['a', 'b']);
  });

  it('refuses a character more than a line may have', () => {
    expect([...lines('x'.repeat(LONGEST_LINE))]).toHaveLength(1);
    expect(() => [...lines('x'.repeat(LONGEST_LINE + 1))]).toThrow('longer than 1048576');
  });

  it('refuses bytes', () => {
    expect(() => [...lines({ chunks: () => [new Uint8Array(1)] })]).toThrow('"input": "lines" or "text"');
  });
});

describe('keyValue()', () => {
  it('splits at the first separator, leaves comments out and counts lines', () => {
    expect([...keyValue('# c\nSerial = SN=1\n\nPart: P-1\nno pair\n= no key\nEmpty=')]).toEqual([
      { key: 'Serial', value: 'SN=1', line: 2 },
      { key: 'Part', value: 'P-1', line: 4 },
      { key: 'Empty', value: '', line: 7 },
    ]);
  });

  it('takes other separators and comments', () => {
    const text = '# of pins -> 12\n// no';

    expect([...keyValue(text, { separators: ['->'], comments: ['//'] })]).toEqual([
      { key: '# of pins', value: '12', line: 1 },
    ]);
  });
});

describe('ini()', () => {
  it('names the section of each pair', () => {
    expect([...ini('a=1\n[ One ]\nb = x:y\n; c\n[Two]\nb=2')]).toEqual([
      { section: '', key: 'a', value: '1', line: 1 },
      { section: 'One', key: 'b', value: 'x:y', line: 3 },
      { section: 'Two', key: 'b', value: '2', line: 6 },
    ]);
  });
});

describe('fixedWidth()', () => {
  it('cuts cells at their places, also where a line ends early', () => {
    const columns = [
      { name: 'name', start: 0, end: 6 },
      { name: 'value', start: 6, end: 10 },
      { name: '__proto__', start: 10 },
    ];

    const rows = [...fixedWidth('R1     100 Ohm\n\nR2    2', columns)];

    expect(rows.map(({ line, cells }) => [line, ...columns.map(({ name }) => cells[name])])).toEqual([
      [1, 'R1', '100', 'Ohm'],
      [3, 'R2', '2', ''],
    ]);
  });
});

describe('sha256()', () => {
  it.each([0, 1, 55, 56, 63, 64, 65, 1_000])('is that of node:crypto for %d bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);

    expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('reads text as UTF-8', () => {
    expect(sha256('Kühe 😀')).toBe(createHash('sha256').update('Kühe 😀').digest('hex'));
  });
});

describe('encodeUtf8()', () => {
  it.each([8_190, 8_191, 8_192])('keeps a character whole that begins at %d', (before) => {
    const text = `${'x'.repeat(before)}😀é${'y'.repeat(9_000)}`;

    expect(encodeUtf8(text)).toBe(Buffer.from(text).toString('latin1'));
  });

  it('takes a long text in little memory', () => {
    expect(encodeUtf8('é'.repeat(4 * 1024 ** 2))).toHaveLength(8 * 1024 ** 2);
  });

  it('writes half characters as U+FFFD', () => {
    expect(encodeUtf8('a\ud800b')).toBe(Buffer.from('a\ufffdb').toString('latin1'));
  });
});
