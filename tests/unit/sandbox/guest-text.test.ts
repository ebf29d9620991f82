import { describe, expect, it } from 'vitest';
import { toErrorRecord, toSafeText } from '../../../src/sandbox/guest-text.ts';

const files = new Map([
  ['converter.ts', 'one\ntwo\nthree'],
  ['lib/parse.ts', 'one'],
]);
const limits = { errorText: 2_048, errorStack: 8_192 };
const failed = (stack: string) => ({ kind: 'failed', name: 'Error', message: 'm', stack }) as const;

describe('toSafeText()', () => {
  it.each([
    ['plain\ttext', 'plain\ttext'],
    ['two\nlines\r', 'two\\nlines\\r'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
    ['nul\u0000 del\u007f c1\u0085', 'nul\\u0000 del\\u007f c1\\u0085'],
  ])('writes %j as %j', (text, expected) => {
    expect(toSafeText(text, 100)).toBe(expected);
  });
});

describe('toErrorRecord()', () => {
  it('keeps the frames of the converter and takes its place from the first', () => {
    const stack = 'Error: m\n    at read (lib/parse.ts:1:2)\n    at convert (converter.ts:3:4)';

    expect(toErrorRecord(failed(stack), { files }, limits)).toEqual({
      name: 'Error',
      message: 'm',
      stack: '    at read (lib/parse.ts:1:2)\n    at convert (converter.ts:3:4)',
      file: 'lib/parse.ts',
      line: 1,
      column: 2,
    });
  });

  it.each([
    ['a file that is not the converter’s', '    at x (/usr/lib/node.js:1:1)'],
    ['the library', '    at run (airlock:guest:10:3)'],
    ['a line that does not exist', '    at x (converter.ts:4:1)'],
    ['line 0', '    at x (converter.ts:0:1)'],
    ['no frame at all', 'converter.ts:1:1'],
  ])('drops %s', (_what, line) => {
    const { stack, file } = toErrorRecord(failed(`Error: m\n${line}`), { files }, limits);

    expect({ stack, file }).toEqual({ stack: '', file: null });
  });

  it('escapes the names of functions', () => {
    const { stack } = toErrorRecord(failed('Error\n    at \u001b]0;x (converter.ts:1:1)'), { files }, limits);

    expect(stack).toBe('    at \\u001b]0;x (converter.ts:1:1)');
  });

  it('cuts the message to its limit', () => {
    const { message } = toErrorRecord({ ...failed(''), message: 'abcdef' }, { files }, { ...limits, errorText: 3 });

    expect(message).toBe('abc');
  });

  it('keeps at most 50 frames', () => {
    const stack = `Error\n${'    at f (converter.ts:1:1)\n'.repeat(60)}`;

    expect(toErrorRecord(failed(stack), { files }, limits).stack.split('\n')).toHaveLength(50);
  });
});
