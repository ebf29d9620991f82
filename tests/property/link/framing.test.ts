import * as fc from 'fast-check';
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
import { isDeeperThan } from '../../../src/link/json-depth.ts';
import { parseJsonBody } from '../../../src/link/json-body.ts';
import { readMessage } from '../../../src/link/json-rpc.ts';

const CAPS: FrameCaps = { jsonBytes: 4096, chunkBytes: 1024, frames: null, totalBytes: null };

const jsonFrame = fc
  .object({ maxDepth: 4 })
  .map((value) => JSON.stringify(value))
  .filter((text) => Buffer.byteLength(text) <= CAPS.jsonBytes)
  .map((text) => ({ bytes: encodeJson(text), frame: { kind: 'json', body: Buffer.from(text) } as Frame }));
const chunkFrame = fc
  .record({
    streamId: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    mark: fc.constantFrom('none' as const, 'end' as const, 'abort' as const),
    payload: fc.uint8Array({ maxLength: 1024 }).map((bytes) => Buffer.from(bytes)),
  })
  .map((chunk) => ({ bytes: encodeChunk(chunk), frame: { kind: 'chunk', chunk, isLast: true } as Frame }));
const frames = fc.array(fc.oneof(jsonFrame, chunkFrame), { maxLength: 20 });

function drain(decoder: Decoder): Frame[] {
  const found: Frame[] = [];
  for (let frame = decoder.next(); frame !== null; frame = decoder.next()) found.push(frame);
  return found;
}

/** Decode bytes that arrive in pieces, cut at these places (fractions of the whole). */
function decodeInPieces(bytes: Buffer, cuts: readonly number[], caps: FrameCaps): Frame[] {
  const decoder = makeDecoder(caps);
  const places = cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b);
  const found: Frame[] = [];
  let from = 0;
  for (const to of [...places, bytes.length]) {
    decoder.push(bytes.subarray(from, to));
    found.push(...drain(decoder));
    from = to;
  }
  return found;
}

const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 200 });

describe('frames', () => {
  it('come back as they were sent, cut and glued in any way', () => {
    fc.assert(
      fc.property(frames, fractions, (sent, cuts) => {
        const bytes = Buffer.concat(sent.map((one) => one.bytes));

        expect(decodeInPieces(bytes, cuts, CAPS)).toEqual(sent.map((one) => one.frame));
      }),
    );
  });

  it('that are changed at random places never throw: they fault, or stay within the caps', () => {
    const change = fc.record({ place: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) });
    fc.assert(
      fc.property(frames, fc.array(change, { minLength: 1, maxLength: 10 }), fractions, (sent, changes, cuts) => {
        const bytes = Buffer.concat(sent.map((one) => one.bytes));
        for (const { place, byte } of changes) {
          if (bytes.length > 0) bytes.writeUInt8(byte, Math.floor(place * (bytes.length - 1)));
        }

        for (const caps of [CAPS, PRE_AUTH_CAPS]) {
          const found = decodeInPieces(bytes, cuts, caps);

          const faults = found.filter((frame) => frame.kind === 'fault');
          expect(faults.length === 0 || (faults.length === 1 && found.at(-1)?.kind === 'fault')).toBe(true);
          for (const frame of found) {
            if (frame.kind !== 'json') continue;
            expect(frame.body.length).toBeLessThanOrEqual(caps.jsonBytes);
            const body = parseJsonBody(frame.body);
            if (body.kind === 'object') readMessage(body.value);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('of random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fractions, (bytes, cuts) => {
        decodeInPieces(Buffer.from(bytes), cuts, CAPS);
      }),
      { numRuns: 2000 },
    );
  });

  it('give the same frames however they are cut, faults included', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), frames, fractions, (noise, sent, cuts) => {
        const bytes = Buffer.concat([...sent.map((one) => one.bytes), Buffer.from(noise)]);

        expect(decodeInPieces(bytes, cuts, CAPS)).toEqual(decodeInPieces(bytes, [], CAPS));
      }),
    );
  });
});

describe('isDeeperThan()', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

  it('agrees with the depth of what the parser makes of the text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 1, max: 8 }), (value, limit) => {
        const body = Buffer.from(JSON.stringify(value));

        expect(isDeeperThan(body, limit)).toBe(depthOf(value) > limit);
      }),
    );
  });
});
