// Records of an STDF file one after the other, in constant memory, whatever the byte order.

import { BadInput, type ByteSource, gunzip } from 'airlock/converter';
import type { Fields } from './fields.ts';

/** One record; `fields` is only good until the next one is read. */
export type StdfRecord = { readonly kind: number; readonly fields: Fields };

/** Type and subtype of a record as one number. */
export const kindOf = (type: number, subtype: number): number => type * 256 + subtype;

const HEADER = 4;
const FAR_LENGTH = 6;
const NOTHING: Uint8Array = new Uint8Array(0);

function toBytes(piece: string | Uint8Array): Uint8Array {
  if (typeof piece !== 'string') return piece;
  throw new BadInput('the file has to be read as bytes');
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const whole = new Uint8Array(left.length + right.length);
  whole.set(left);
  whole.set(right, left.length);
  return whole;
}

/** Pieces with at least `least` bytes in the first. */
function* withHead(pieces: Iterable<string | Uint8Array>, least: number): Generator<Uint8Array, void> {
  let head: Uint8Array | null = NOTHING;
  for (const piece of pieces) {
    const bytes = toBytes(piece);
    if (head === null) {
      yield bytes;
      continue;
    }
    head = join(head, bytes);
    if (head.length < least) continue;
    yield head;
    head = null;
  }
  if (head !== null && head.length > 0) yield head;
}

/** Is this the beginning of a gzip file? */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Byte order, from the length of the first record.
 *
 * @param bytes - The beginning of the inflated file.
 * @returns Null where this is no STDF file.
 */
export function readByteOrder(bytes: Uint8Array): 'little' | 'big' | null {
  const [low, high, type, subtype] = bytes;
  if (bytes.length < FAR_LENGTH || type !== 0 || subtype !== 10) return null;
  if (low === 2 && high === 0) return 'little';
  return low === 0 && high === 2 ? 'big' : null;
}

function assertStdf(bytes: Uint8Array): 'little' | 'big' {
  const order = readByteOrder(bytes);
  if (order === null) throw new BadInput('this is no STDF file: it does not begin with a FAR record');
  const [, , , , cpu, version] = bytes;
  if (version !== 4) throw new BadInput(`this is STDF version ${version ?? 0}, and version 4 is needed`);
  if (cpu === 0) throw new BadInput('the numbers of a VAX (CPU type 0) cannot be read');
  return order;
}

function* readAll(pieces: Iterable<Uint8Array>): Generator<StdfRecord, void> {
  let rest = NOTHING;
  /** Offset of the first byte of `rest` in the file. */
  let start = 0;
  let fields: Fields | null = null;
  for (const piece of pieces) {
    const bytes = join(rest, piece);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    fields ??= { bytes, view, at: 0, end: 0, isLittle: assertStdf(bytes) === 'little', offset: 0, singles: new Map() };
    fields.bytes = bytes;
    fields.view = view;
    let at = 0;
    while (at + HEADER <= bytes.length) {
      const end = at + HEADER + view.getUint16(at, fields.isLittle);
      if (end > bytes.length) break;
      fields.at = at + HEADER;
      fields.end = end;
      fields.offset = start + at;
      yield { kind: kindOf(view.getUint8(at + 2), view.getUint8(at + 3)), fields };
      at = end;
    }
    rest = bytes.subarray(at);
    start += at;
  }
  if (fields === null) throw new BadInput('this is no STDF file: it is empty');
  if (rest.length > 0) {
    throw new BadInput(
      `the file is cut off: it ends at byte ${start + rest.length}, inside the record at byte ${start}`,
    );
  }
}

/** The file inflated, if it is a gzip file. */
function* inflate(source: ByteSource): Generator<Uint8Array, void> {
  const pieces = withHead(source.chunks(), FAR_LENGTH);
  const { value: first, done } = pieces.next();
  if (done === true) return;
  const whole = (function* (): Generator<Uint8Array, void> {
    yield first;
    yield* pieces;
  })();
  yield* isGzip(first) ? withHead(gunzip({ chunks: () => whole }).chunks(), FAR_LENGTH) : whole;
}

/**
 * Records of a file, the first (FAR) included.
 *
 * @param source - The input (manifest `input: "bytes"`), gzipped or not.
 * @throws {BadInput} for what is no STDF version 4, and for a file that ends inside a record, with the offset.
 */
export function readRecords(source: ByteSource): Generator<StdfRecord, void> {
  return readAll(inflate(source));
}

/** The first bytes of what a head holds, inflated if need be. */
export function inflateHead(bytes: Uint8Array): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  for (const piece of withHead(gunzip({ chunks: () => [bytes] }).chunks(), FAR_LENGTH)) return piece;
  return NOTHING;
}
