// Bytes to frames and back, with every cap checked before anything is kept. Pure but for its own buffer. Source: protocol.md 2.

import { WIRE_LIMITS } from '../protocol/limits.ts';
import { type ByteQueue, makeByteQueue } from './byte-queue.ts';

/** Why a connection cannot go on: close it without an answer. */
type FrameFault =
  | 'empty_frame'
  | 'frame_too_large'
  | 'unknown_frame'
  | 'bad_chunk'
  | 'chunk_not_agreed'
  | 'too_many_frames'
  | 'too_many_bytes';

/** One stream chunk. A chunk ends its stream, breaks it off (`payload` is the reason), or neither. */
export type Chunk = {
  readonly streamId: number;
  readonly mark: 'none' | 'end' | 'abort';
  readonly payload: Buffer;
};

/** What a decoder yields. After a `fault` it yields nothing more. */
export type Frame =
  | { readonly kind: 'json'; readonly body: Buffer }
  /** A chunk, or a part of a large one as its bytes come; only the last part (`isLast`) carries the mark. */
  | { readonly kind: 'chunk'; readonly chunk: Chunk; readonly isLast: boolean }
  | { readonly kind: 'fault'; readonly code: FrameFault; readonly message: string };

/** What a peer may send in one phase of a connection. Sizes count the body, without the 4 bytes in front. */
export type FrameCaps = {
  readonly jsonBytes: number;
  /** Payload of one chunk; null when the peer may not send any. */
  readonly chunkBytes: number | null;
  /** Frames in this phase; null = any number. */
  readonly frames: number | null;
  /** Bytes of this phase in all, headers included; null = any number. */
  readonly totalBytes: number | null;
};

/** Caps before authentication. Source: protocol.md 4. */
export const PRE_AUTH_CAPS: FrameCaps = {
  jsonBytes: WIRE_LIMITS.preAuthFrameBytes,
  chunkBytes: null,
  frames: WIRE_LIMITS.preAuthFrames,
  totalBytes: WIRE_LIMITS.preAuthBytes,
};

/**
 * Cuts a byte stream into frames.
 *
 * Push what came, then call `next` until it says null. Pulling one frame at a time lets the owner change the phase between two
 * frames that came in one piece.
 */
export type Decoder = {
  readonly push: (bytes: Buffer) => void;
  readonly next: () => Frame | null;
  /** Go on under other caps, with counts from zero. */
  readonly setCaps: (caps: FrameCaps) => void;
  /** After `next` said null: has a frame begun that is not whole? */
  readonly isMidFrame: () => boolean;
};

const HEADER_BYTES = 4;
const CHUNK_HEADER_BYTES = 8;
const NOTHING = Buffer.alloc(0);
const OPEN_BRACE = 0x7b;
const CHUNK = 0x01;
const FLAG_END = 1;
const FLAG_ABORT = 2;
/**
 * A chunk larger than this is handed on in parts, as its bytes lie in memory: a payload that came in two reads is not copied together.
 * Parts are no smaller, so that nobody makes this process work for single bytes.
 */
const PART_BYTES = 16 * 1024;

type Fault = Extract<Frame, { kind: 'fault' }>;

const fault = (code: FrameFault, reason: string): Fault => ({
  kind: 'fault',
  code,
  message: `Cannot read frame: ${reason}`,
});

/** Check what the length and the first body byte tell; null when nothing is wrong with them. */
function checkStart(size: number, first: number, caps: FrameCaps): Fault | null {
  if (first !== OPEN_BRACE && first !== CHUNK) return fault('unknown_frame', `first byte is ${first}`);
  if (first === CHUNK && caps.chunkBytes === null) return fault('chunk_not_agreed', 'this peer may not send chunks');
  const cap = first === CHUNK ? CHUNK_HEADER_BYTES + (caps.chunkBytes ?? 0) : caps.jsonBytes;
  if (size > cap) return fault('frame_too_large', `${size} bytes, at most ${cap} are allowed`);
  if (first === CHUNK && size < CHUNK_HEADER_BYTES) return fault('bad_chunk', `${size} bytes hold no chunk header`);
  return null;
}

/** The chunk whose header was read, and how much of its payload has not been handed on. */
type OpenChunk = { readonly streamId: number; readonly mark: Chunk['mark']; left: number };

function readChunkHeader(header: Buffer, payloadBytes: number): OpenChunk | Fault {
  const flags = header.readUInt8(1);
  const streamId = header.readUInt32BE(4);
  if (flags > FLAG_ABORT) return fault('bad_chunk', `flags are ${flags}`);
  if (header.readUInt16BE(2) !== 0) return fault('bad_chunk', 'reserved bytes are not 0');
  if (streamId === 0) return fault('bad_chunk', 'stream id is 0');
  const mark = flags === FLAG_END ? 'end' : flags === FLAG_ABORT ? 'abort' : 'none';
  return { streamId, mark, left: payloadBytes };
}

/** What is there of a chunk's payload, once it is all or enough; the reason of an abort comes whole. */
function readPayload(queue: ByteQueue, open: OpenChunk): Frame | null {
  const { streamId, mark, left } = open;
  const isWhole = queue.length() >= left;
  if (!isWhole && (mark === 'abort' || queue.length() < PART_BYTES)) return null;
  const isSmall = left <= PART_BYTES || mark === 'abort';
  const payload = left === 0 ? NOTHING : isSmall ? queue.take(left) : queue.takeView(left);
  open.left -= payload.length;
  const isLast = open.left === 0;
  return { kind: 'chunk', chunk: { streamId, mark: isLast ? mark : 'none', payload }, isLast };
}

function readSize(queue: ByteQueue): number {
  return queue.at(0) * 2 ** 24 + queue.at(1) * 2 ** 16 + queue.at(2) * 2 ** 8 + queue.at(3);
}

/** The next frame, a fault, a chunk whose payload comes next, or null when more bytes are needed. */
function readFrame(queue: ByteQueue, caps: FrameCaps, frames: number): Frame | OpenChunk | null {
  const length = queue.length();
  if (length < HEADER_BYTES) return null;
  const size = readSize(queue);
  if (size === 0) return fault('empty_frame', 'length is 0');
  if (length === HEADER_BYTES) return null;
  const first = queue.at(HEADER_BYTES);
  const wrong = checkStart(size, first, caps);
  if (wrong !== null) return wrong;
  if (caps.frames !== null && frames >= caps.frames) {
    return fault('too_many_frames', `only ${caps.frames} are allowed`);
  }
  if (length < HEADER_BYTES + (first === CHUNK ? CHUNK_HEADER_BYTES : size)) return null;
  queue.skip(HEADER_BYTES);
  return first === CHUNK
    ? readChunkHeader(queue.take(CHUNK_HEADER_BYTES), size - CHUNK_HEADER_BYTES)
    : { kind: 'json', body: queue.take(size) };
}

/**
 * Make a decoder.
 *
 * Nothing pushed ever makes it throw: what is wrong comes out of `next` as one `fault`, and what follows is dropped.
 *
 * @param initial - Caps of the first phase.
 */
export function makeDecoder(initial: FrameCaps): Decoder {
  const queue = makeByteQueue();
  let caps = initial;
  let frames = 0;
  let bytes = 0;
  let chunk: OpenChunk | null = null;
  let state: 'open' | 'overrun' | 'faulted' = 'open';

  function push(piece: Buffer): void {
    if (state !== 'open') return;
    bytes += piece.length;
    if (caps.totalBytes !== null && bytes > caps.totalBytes) state = 'overrun';
    else queue.push(piece);
  }

  function readNext(): Frame | null {
    if (chunk === null) {
      const read = readFrame(queue, caps, frames);
      if (read === null || 'kind' in read) return read;
      chunk = read;
    }
    const part = readPayload(queue, chunk);
    if (part?.kind === 'chunk' && part.isLast) chunk = null;
    return part;
  }

  function next(): Frame | null {
    if (state === 'faulted') return null;
    const frame = readNext() ?? overrunFault();
    if (frame === null) return null;
    if (frame.kind === 'fault') {
      state = 'faulted';
      queue.clear();
    }
    if (chunk === null) frames += 1;
    return frame;
  }

  function overrunFault(): Fault | null {
    return state === 'overrun' ? fault('too_many_bytes', `only ${caps.totalBytes} bytes in all are allowed`) : null;
  }

  return {
    push,
    next,
    setCaps: (after) => {
      caps = after;
      frames = 0;
      bytes = 0;
    },
    isMidFrame: () => chunk !== null || queue.length() > 0,
  };
}

/** Up to so many UTF-16 units three bytes are kept for each: dearer in bytes, and the text is walked through once. */
const ONE_PASS_UNITS = 1024;
const BYTES_OF_UNIT = 3;

/**
 * One JSON frame, header and body in one allocation.
 *
 * @param body - A JSON object as text; the caller sees to the cap (see {@link bytesOver}).
 */
export function encodeJson(body: string): Buffer {
  const isShort = body.length <= ONE_PASS_UNITS;
  const room = isShort ? body.length * BYTES_OF_UNIT : Buffer.byteLength(body, 'utf8');
  const frame = Buffer.allocUnsafe(HEADER_BYTES + room);
  const size = frame.write(body, HEADER_BYTES, 'utf8');
  frame.writeUInt32BE(size, 0);
  return isShort ? frame.subarray(0, HEADER_BYTES + size) : frame;
}

/**
 * Size of a JSON body as the caps count it, in bytes, where that is over a cap; else null.
 *
 * @param body - JSON as text.
 * @param limit - The cap, in bytes.
 */
export function bytesOver(body: string, limit: number): number | null {
  // Nearly every text is so short that nobody has to walk through it.
  if (body.length * BYTES_OF_UNIT <= limit) return null;
  const bytes = Buffer.byteLength(body, 'utf8');
  return bytes <= limit ? null : bytes;
}

/**
 * What stands in front of a chunk's payload on the wire: length and chunk header.
 *
 * @param chunk - Stream id 1 to 2^32 - 1; payload within the cap that the peer told.
 */
export function encodeChunkHead({ streamId, mark, payload }: Chunk): Buffer {
  const head = Buffer.allocUnsafe(HEADER_BYTES + CHUNK_HEADER_BYTES);
  head.writeUInt32BE(CHUNK_HEADER_BYTES + payload.length, 0);
  head.writeUInt8(CHUNK, 4);
  head.writeUInt8(mark === 'end' ? FLAG_END : mark === 'abort' ? FLAG_ABORT : 0, 5);
  head.writeUInt16BE(0, 6);
  head.writeUInt32BE(streamId, 8);
  return head;
}

/**
 * One chunk frame, its payload copied.
 *
 * @param chunk - As for {@link encodeChunkHead}.
 */
export function encodeChunk(chunk: Chunk): Buffer {
  return Buffer.concat([encodeChunkHead(chunk), chunk.payload]);
}
