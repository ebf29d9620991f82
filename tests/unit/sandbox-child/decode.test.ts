import { describe, expect, it } from 'vitest';
import { makeDecoder } from '../../../src/sandbox-child/decode.ts';

function decode(encoding: string, pieces: readonly (readonly number[])[], isUtf8 = true) {
  const decoder = makeDecoder({ mode: 'text', encoding, isUtf8 });
  const text = pieces.map((piece) => decoder.push(Uint8Array.from(piece)));
  return { text: [...text, decoder.end()], encoding: decoder.encoding() };
}

describe('makeDecoder()', () => {
  it.each([
    ['UTF-8 mark', [0xef, 0xbb, 0xbf, 0x41], true, 'A', 'utf-8'],
    ['UTF-16 mark', [0xff, 0xfe, 0x41, 0x00], false, 'A', 'utf-16le'],
    ['big-endian mark', [0xfe, 0xff, 0x00, 0x41], false, 'A', 'utf-16be'],
    ['valid UTF-8', [0xc3, 0xa4], true, 'ä', 'utf-8'],
    ['anything else', [0xe4, 0x80], false, 'ä€', 'windows-1252'],
    ['nothing', [], true, '', 'utf-8'],
  ])('decides auto by %s', (...[, bytes, isUtf8, expected, encoding]) => {
    const read = decode('auto', [bytes], isUtf8);

    expect({ text: read.text.join(''), encoding: read.encoding }).toEqual({ text: expected, encoding });
  });

  it('keeps a character that is cut between two pieces', () => {
    expect(decode('utf-8', [[0xe2, 0x82], [0xac]]).text).toEqual(['', '€', '']);
  });

  it('replaces a character that is cut at the end', () => {
    expect(decode('utf-8', [[0x41, 0xe2, 0x82]]).text).toEqual(['A', '\ufffd']);
  });

  it('gives bytes as characters in mode bytes, without an encoding', () => {
    const decoder = makeDecoder({ mode: 'bytes', encoding: 'auto', isUtf8: false });

    expect([decoder.push(Uint8Array.of(0, 0x80, 0xff)), decoder.end(), decoder.encoding()]).toEqual([
      '\u0000\u0080\u00ff',
      '',
      null,
    ]);
  });
});
