import { describe, expect, it } from 'vitest';
import { csv, type CsvOptions } from '../../../src/guest/csv.ts';
import { BadInput } from '../../../src/guest/errors.ts';
import { LONGEST_LINE } from '../../../src/guest/input.ts';

const rowsOf = (pieces: readonly string[], options: CsvOptions = {}) =>
  [...csv({ chunks: () => pieces }, options)].map((row) => ({ ...row }));
const cut = (text: string, length: number): string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );

describe('csv()', () => {
  it('names cells by the header', () => {
    expect(rowsOf(['a;b\n1;2\n3\n'], { delimiter: ';' })).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: undefined },
    ]);
  });

  it('takes names that the caller gives', () => {
    expect(rowsOf(['1,2'], { columns: ['a', 'b'] })).toEqual([{ a: '1', b: '2' }]);
  });

  it.each([1, 2, 3, 7, 1000])('reads the same in pieces of %d characters', (length) => {
    const text = 'a;b\r\n"x;\r\ny";"say ""hi"""\r\n;\r\n1;2';

    expect(rowsOf(cut(text, length), { delimiter: ';' })).toEqual([
      { a: 'x;\r\ny', b: 'say "hi"' },
      { a: '1', b: '2' },
    ]);
  });

  it.each([1, 2, 5, 1000])('ends a row at any line end of a file that mixes them, in pieces of %d', (length) => {
    const rows = [
      { Step: 'A', Value: '1' },
      { Step: 'B', Value: '2' },
      { Step: 'C', Value: '3' },
    ];

    for (const text of [
      'Step;Value\r\nA;1\nB;2\r\nC;3\r\n',
      'Step;Value\nA;1\r\nB;2\nC;3',
      'Step;Value\rA;1\rB;2\rC;3',
    ])
      expect(rowsOf(cut(text, length), { delimiter: ';' })).toEqual(rows);
  });

  it('keeps a line end of the other kind inside of a quoted cell', () => {
    expect(rowsOf(['a;b\n"x\r\ny";"z"\r\n"u";"v"\n'], { delimiter: ';' })).toEqual([
      { a: 'x\r\ny', b: 'z' },
      { a: 'u', b: 'v' },
    ]);
  });

  it('refuses a row with more cells than names, and says where', () => {
    expect(rowsOf(['a,b\n1,2, ,\n'])).toEqual([{ a: '1', b: '2' }]);
    let refused: unknown = null;
    try {
      rowsOf(['a,b\n1,2\n1,2,3\n']);
    } catch (error) {
      refused = BadInput.read(error);
    }
    expect(refused).toEqual({ reason: 'the row has 3 cells, and there are names for 2 only', line: 3, column: null });
  });

  it('refuses a header that names two columns alike, and takes any number without a name', () => {
    expect(rowsOf(['a,,\n1,2,3\n'])).toEqual([{ a: '1', '': '3' }]);
    expect(() => rowsOf(['a,b, a\n1,2,3\n'])).toThrow('two columns have the name "a"');
  });

  it.each([1, 3, 1000])('reads rows that end in a line feed around cells that hold both, in pieces of %d', (length) => {
    expect(rowsOf(cut('a;b\n1;2\n"B\r\nx";"two\r\nlines"\n3;"z\r\ny"\n', length), { delimiter: ';' })).toEqual([
      { a: '1', b: '2' },
      { a: 'B\r\nx', b: 'two\r\nlines' },
      { a: '3', b: 'z\r\ny' },
    ]);
  });

  it('knows the line of each row, over quoted line ends and empty rows', () => {
    const rows = csv({ chunks: () => ['a,b\n"x\ny",1\n\nz,2\n'] });
    const lines: (readonly [string | undefined, number])[] = [];

    for (const row of rows) lines.push([row['a'], rows.line]);

    expect(lines).toEqual([
      ['x\ny', 2],
      ['z', 5],
    ]);
  });

  it('keeps a column that is called __proto__ a column', () => {
    const [row] = [...csv({ chunks: () => ['__proto__\n1\n'] })];

    expect([row?.['__proto__'], Object.getPrototypeOf(row)]).toEqual(['1', null]);
  });

  it('refuses a quoted cell that is never closed', () => {
    expect(() => rowsOf(['a\n"x\ny'])).toThrow(BadInput);
  });

  it('refuses a row that never ends', () => {
    expect(() => rowsOf(['a\n', 'x'.repeat(LONGEST_LINE), 'y'])).toThrow(BadInput);
  });

  it('asks for text', () => {
    expect(() => [...csv({ chunks: () => [new Uint8Array(1)] })]).toThrow('converter.json must say');
  });
});
