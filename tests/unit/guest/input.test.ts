import { describe, expect, it } from 'vitest';
import { BadInput } from '../../../src/guest/errors.ts';
import type { GuestJob, Host } from '../../../src/guest/host.ts';
import { LONGEST_LINE, makeInput, splitLines } from '../../../src/guest/input.ts';

const job = (mode: GuestJob['input']['mode'], name = 'run.1.CSV'): GuestJob => ({
  input: { name, size: 3, mode },
  companions: [],
  arguments: {},
  station: { name: '', location: '', purpose: '' },
  nowUnixMs: 0,
  seed: 0,
  limits: { errorText: 1, errorStack: 1, logLine: 1 },
});

function hostOf(...pieces: string[]): Host {
  return { pull: () => pieces.shift() ?? '', part: () => 0, attach: () => 0, log: () => 0, progress: () => 0 };
}

describe('splitLines()', () => {
  it.each([
    [['a\nb\r\nc\rd'], ['a', 'b', 'c', 'd']],
    [
      ['a\r', '\nb'],
      ['a', 'b'],
    ],
    [
      ['a\r', 'b'],
      ['a', 'b'],
    ],
    [['a\r'], ['a']],
    [
      ['a\n\n', 'b\n'],
      ['a', '', 'b'],
    ],
    [['a', 'b', 'c'], ['abc']],
    [[], []],
  ])('splits %j into %j', (pieces, lines) => {
    expect([...splitLines(pieces)]).toEqual(lines);
  });

  it.each([
    [LONGEST_LINE - 1, false],
    [LONGEST_LINE, false],
    [LONGEST_LINE + 1, true],
  ])('takes a line of %d characters: refused %s', (length, isRefused) => {
    const read = () => [...splitLines(['first\n', 'x'.repeat(length), '\n'])];

    if (isRefused) expect(read).toThrow(BadInput);
    else expect(read()).toHaveLength(2);
  });

  it('names the line that is too long', () => {
    try {
      for (const _ of splitLines(['first\n', 'x'.repeat(LONGEST_LINE + 1)]));
      expect.unreachable();
    } catch (error) {
      expect(BadInput.read(error)?.line).toBe(2);
    }
  });
});

describe('makeInput()', () => {
  it('takes the name apart', () => {
    const { name, stem, extension } = makeInput(hostOf(), job('text'));

    expect([name, stem, extension]).toEqual(['run.1.CSV', 'run.1', '.csv']);
  });

  it('takes a name that begins with its only dot as a stem', () => {
    const { stem, extension } = makeInput(hostOf(), job('text', '.hidden'));

    expect([stem, extension]).toEqual(['.hidden', '']);
  });

  it('joins pieces to a text and to bytes', () => {
    const text = makeInput(hostOf('ab', 'c'), job('text')).text();
    const bytes = makeInput(hostOf('\u0000\u00ff', 'a'), job('bytes')).bytes();

    expect([text, [...bytes]]).toEqual(['abc', [0, 255, 97]]);
  });

  it('is read once', () => {
    const input = makeInput(hostOf('a'), job('text'));
    input.text();

    expect(() => input.text()).toThrow('Cannot read the file again');
  });

  it('says what the manifest must say for text()', () => {
    expect(() => makeInput(hostOf('a'), job('lines')).text()).toThrow(
      'Cannot use input.text(): converter.json says "input": "lines", it needs "text"',
    );
  });
});
