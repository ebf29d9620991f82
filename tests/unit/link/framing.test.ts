import { describe, expect, it } from 'vitest';
import {
  type Decoder,
  encodeChunk,
  encodeJson,
  type Frame,
  type FrameCaps,
  makeDecoder,
  PRE_AUTH_CAPS,
} from '../../../src/link/framing.ts';

const OPEN: FrameCaps = { jsonBytes: 1000, chunkBytes: 100, frames: null, totalBytes: null };

function drain(decoder: Decoder): Frame[] {
  const frames: Frame[] = [];
  for (let frame = decoder.next(); frame !== null; frame = decoder.next()) frames.push(frame);
  return frames;
}

function decode(bytes: Buffer, caps: FrameCaps = OPEN): Frame[] {
  const decoder = makeDecoder(caps);
  decoder.push(bytes);
  return drain(decoder);
}

/** A header with this length, then these bytes. */
function raw(size: number, ...body: number[]): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(size);
  return Buffer.concat([header, Buffer.from(body)]);
}

const jsonOfBytes = (size: number): string => `{${' '.repeat(size - 2)}}`;
const chunk = (payload: Buffer, mark: 'none' | 'end' | 'abort' = 'none'): Buffer =>
  encodeChunk({ streamId: 7, mark, payload });
const faults = (frames: Frame[]): (string | null)[] =>
  frames.map((frame) => (frame.kind === 'fault' ? frame.code : null));

describe('makeDecoder()', () => {
  const sent = Buffer.concat([
    encodeJson('{"text":"ä€😀"}'),
    chunk(Buffer.from('abc')),
    encodeJson('{}'),
    chunk(Buffer.alloc(0), 'end'),
    chunk(Buffer.from('why'), 'abort'),
  ]);
  const expected = decode(sent);

  it('yields JSON bodies and chunks as they were sent', () => {
    expect(expected).toEqual([
      { kind: 'json', body: Buffer.from('{"text":"ä€😀"}') },
      { kind: 'chunk', chunk: { streamId: 7, mark: 'none', payload: Buffer.from('abc') }, isLast: true },
      { kind: 'json', body: Buffer.from('{}') },
      { kind: 'chunk', chunk: { streamId: 7, mark: 'end', payload: Buffer.alloc(0) }, isLast: true },
      { kind: 'chunk', chunk: { streamId: 7, mark: 'abort', payload: Buffer.from('why') }, isLast: true },
    ]);
  });

  it('yields the same frames when the bytes are cut in two at any byte', () => {
    for (let cut = 0; cut <= sent.length; cut += 1) {
      const decoder = makeDecoder(OPEN);

      decoder.push(sent.subarray(0, cut));
      const before = drain(decoder);
      decoder.push(sent.subarray(cut));

      expect([...before, ...drain(decoder)]).toEqual(expected);
    }
  });

  it('yields the same frames from single bytes, whether pulled at each or at the end', () => {
    const pulled = makeDecoder(OPEN);
    const frames: Frame[] = [];
    const late = makeDecoder(OPEN);

    for (const byte of sent) {
      pulled.push(Buffer.from([byte]));
      frames.push(...drain(pulled));
      late.push(Buffer.from([byte]));
    }

    expect(frames).toEqual(expected);
    expect(drain(late)).toEqual(expected);
  });

  it('does not copy a frame that came in one piece', () => {
    const bytes = encodeJson('{"a":1}');

    const [frame] = decode(bytes);

    expect(frame?.kind === 'json' && frame.body.buffer === bytes.buffer).toBe(true);
  });

  it.each([
    ['a length of 0', raw(0), 'empty_frame'],
    ['a first byte that is neither { nor 1', raw(5, 0x5b), 'unknown_frame'],
    ['the request of a web browser', Buffer.from('GET / HTTP/1.1\r\n'), 'unknown_frame'],
    ['a chunk without room for its header', raw(7, 1, 0, 0, 0, 0, 0, 1), 'bad_chunk'],
    ['a chunk with END and ABORT', raw(8, 1, 3, 0, 0, 0, 0, 0, 1), 'bad_chunk'],
    ['a chunk with an unknown flag', raw(8, 1, 4, 0, 0, 0, 0, 0, 1), 'bad_chunk'],
    ['a chunk whose reserved bytes are not 0', raw(8, 1, 0, 0, 1, 0, 0, 0, 1), 'bad_chunk'],
    ['a chunk of stream 0', raw(8, 1, 0, 0, 0, 0, 0, 0, 0), 'bad_chunk'],
  ])('faults at %s', (_, bytes, code) => {
    expect(faults(decode(bytes))).toEqual([code]);
  });

  it('faults at a chunk from a peer that may not send any', () => {
    expect(faults(decode(chunk(Buffer.from('x')), { ...OPEN, chunkBytes: null }))).toEqual(['chunk_not_agreed']);
  });

  it.each([999, 1000])('takes a JSON body of %i bytes under a cap of 1000', (size) => {
    expect(decode(encodeJson(jsonOfBytes(size)))).toEqual([{ kind: 'json', body: Buffer.from(jsonOfBytes(size)) }]);
  });

  it('faults at a JSON body of 1001 bytes as soon as 5 bytes are there', () => {
    const decoder = makeDecoder(OPEN);

    decoder.push(encodeJson(jsonOfBytes(1001)).subarray(0, 4));
    const atFour = drain(decoder);
    decoder.push(Buffer.from('{'));

    expect(atFour).toEqual([]);
    expect(drain(decoder)).toEqual([
      { kind: 'fault', code: 'frame_too_large', message: 'Cannot read frame: 1001 bytes, at most 1000 are allowed' },
    ]);
  });

  it.each([
    [99, null],
    [100, null],
    [101, 'frame_too_large'],
  ])('answers a chunk payload of %i bytes under a cap of 100 with %s', (size, code) => {
    expect(faults(decode(chunk(Buffer.alloc(size))))).toEqual([code]);
  });

  it('yields one fault and nothing after it', () => {
    const decoder = makeDecoder(OPEN);
    decoder.push(Buffer.concat([raw(0), encodeJson('{}')]));

    const first = faults(drain(decoder));
    decoder.push(encodeJson('{}'));

    expect(first).toEqual(['empty_frame']);
    expect(drain(decoder)).toEqual([]);
    expect(decoder.isMidFrame()).toBe(false);
  });

  it('yields whole frames that came before a fault', () => {
    expect(decode(Buffer.concat([encodeJson('{}'), raw(0)])).map((frame) => frame.kind)).toEqual(['json', 'fault']);
  });

  it('says how many bytes of an unfinished frame it holds', () => {
    const decoder = makeDecoder(OPEN);

    decoder.push(Buffer.concat([encodeJson('{}'), Buffer.from([0, 0])]));
    drain(decoder);

    expect(decoder.isMidFrame()).toBe(true);
  });
});

describe('makeDecoder() before authentication', () => {
  it.each([
    [4095, null],
    [4096, null],
    [4097, 'frame_too_large'],
  ])('answers a body of %i bytes with %s', (size, code) => {
    expect(faults(decode(encodeJson(jsonOfBytes(size)), PRE_AUTH_CAPS))).toEqual([code]);
  });

  it('takes two frames and faults at the third', () => {
    const decoder = makeDecoder(PRE_AUTH_CAPS);

    decoder.push(Buffer.concat([encodeJson('{}'), encodeJson('{}')]));
    const two = faults(drain(decoder));
    decoder.push(encodeJson('{}'));

    expect(two).toEqual([null, null]);
    expect(faults(drain(decoder))).toEqual(['too_many_frames']);
  });

  it.each([
    [4095, [null, null]],
    [4096, [null, null]],
    [4097, [null, 'too_many_bytes']],
  ])('counts headers: after 4096 bytes, %i more give %j', (more, outcome) => {
    const decoder = makeDecoder({ ...PRE_AUTH_CAPS, jsonBytes: 5000 });

    decoder.push(encodeJson(jsonOfBytes(4092)));
    const first = faults(drain(decoder));
    decoder.push(encodeJson(jsonOfBytes(more - 4)));

    expect([...first, ...faults(drain(decoder))]).toEqual(outcome);
  });

  it('lets the owner change the caps between two frames of one piece', () => {
    const decoder = makeDecoder({ ...PRE_AUTH_CAPS, frames: 1 });
    decoder.push(Buffer.concat([encodeJson('{}'), encodeJson('{"a":1}')]));

    const first = decoder.next();
    decoder.setCaps(OPEN);

    expect([first?.kind, decoder.next()?.kind, decoder.next()]).toEqual(['json', 'json', null]);
  });
});
