import { describe, expect, it } from 'vitest';
import {
  attachCost,
  CAPS_OUT,
  cutToBytes,
  decodeHeader,
  encodeFrame,
  encodeHeader,
  FRAME_OUT,
  type Frame,
  makeFrameReader,
  RECORD_BYTES,
} from '../../../src/sandbox/channel.ts';

function readAll(chunks: readonly Buffer[]): readonly (Frame | string)[] {
  const reader = makeFrameReader(CAPS_OUT);
  const found: (Frame | string)[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let read = reader.next(); read.kind !== 'more'; read = reader.next()) {
      found.push(read.kind === 'frame' ? read.frame : read.reason);
      if (read.kind === 'broken') return found;
    }
  }
  return found;
}

const part: Frame = { type: FRAME_OUT.part, job: 7, payload: Buffer.from('{"r":1}') };
const pull: Frame = { type: FRAME_OUT.pull, job: 7, payload: Buffer.alloc(0) };

describe('makeFrameReader()', () => {
  it('gives back the frames that were encoded, also several in one chunk', () => {
    expect(readAll([Buffer.concat([encodeFrame(part), encodeFrame(pull)])])).toEqual([part, pull]);
  });

  it('puts together frames that arrive byte by byte', () => {
    const bytes = Buffer.concat([encodeFrame(part), encodeFrame(pull)]);

    expect(readAll([...bytes].map((byte) => Buffer.of(byte)))).toEqual([part, pull]);
  });

  it('loses nothing of what is handed over before all was read', () => {
    const reader = makeFrameReader(CAPS_OUT);
    const bytes = Buffer.concat([encodeFrame(part), encodeFrame(pull)]);
    reader.push(bytes);
    reader.next();
    reader.push(bytes.subarray(0, 3));
    reader.push(bytes.subarray(3));

    expect([reader.next(), reader.next(), reader.next(), reader.next()]).toEqual([
      { kind: 'frame', frame: pull },
      { kind: 'frame', frame: part },
      { kind: 'frame', frame: pull },
      { kind: 'more' },
    ]);
  });

  it('refuses an unknown type before it allocates for it', () => {
    const header = encodeHeader({ ...part, payloadBytes: 0 });
    header.writeUInt8(200, 4);

    expect(readAll([header])).toEqual(['unknown frame type 200']);
  });

  it('refuses a length below its own header', () => {
    const header = encodeHeader({ ...part, payloadBytes: 0 });
    header.writeUInt32BE(4, 0);

    expect(readAll([header])).toEqual([`frame of type ${FRAME_OUT.part} claims -1 bytes, at most ${RECORD_BYTES}`]);
  });

  it.each([
    [RECORD_BYTES - 1, 'frame'],
    [RECORD_BYTES, 'frame'],
    [RECORD_BYTES + 1, 'broken'],
    [2 ** 32 - 6, 'broken'],
  ])('answers a record that claims %i bytes with %s', (payloadBytes, expected) => {
    const read = decodeHeader(encodeHeader({ ...part, payloadBytes }), CAPS_OUT);

    expect(read.kind).toBe(expected === 'frame' ? 'header' : 'broken');
  });

  it('stays broken once it was', () => {
    const reader = makeFrameReader(CAPS_OUT);
    reader.push(Buffer.alloc(9));
    expect(reader.next().kind).toBe('broken');

    reader.push(encodeFrame(part));

    expect(reader.next().kind).toBe('broken');
  });
});

describe('cutToBytes()', () => {
  it.each([
    ['abcd', 5, 'abcd'],
    ['abcd', 4, 'abcd'],
    ['abcd', 3, 'abc'],
    ['aä', 3, 'aä'],
    ['aä', 2, 'a'],
    ['€€', 5, '€'],
    ['😀', 3, ''],
    ['abc', 0, ''],
  ])('cuts %j to %i bytes as %j', (text, maxBytes, expected) => {
    expect(cutToBytes(text, maxBytes)).toBe(expected);
  });
});

describe('attachCost()', () => {
  it('charges small frames more than they hold', () => {
    expect([attachCost(1), attachCost(256), attachCost(257)]).toEqual([256, 256, 257]);
  });
});
