// `gunzip`: what a gzip file holds, in constant memory, its size bounded and its checksum checked.

import { Gunzip } from 'fflate';
import { crc32 } from './crc32.ts';
import { BadInput } from './errors.ts';
import {
  assertRatio,
  type Budget,
  type ByteSource,
  DEFLATED_PIECE,
  type InflatedSource,
  type InflateOptions,
  inflating,
  joinPieces,
  makeBudget,
  smallPieces,
  spend,
} from './inflate.ts';

const WHAT = 'the gzip data';
/** Checksum and length at the end of each member. */
const TRAILER = 8;

/** One member of the file, as far as it was inflated. */
type Member = { crc: number; length: number };

function assertTrailer(trailer: Uint8Array, member: Member): void {
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength);
  const isWhole = trailer.length === TRAILER;
  if (isWhole && view.getUint32(0, true) === member.crc && view.getUint32(4, true) === member.length >>> 0) return;
  throw new BadInput(`${WHAT} is damaged: it is cut off, or its checksum does not fit`);
}

/** The last bytes that were read: enough for the trailer of a member that ended in the last two pieces. */
type Tail = { bytes: Uint8Array; end: number };

function goOn(tail: Tail, piece: Uint8Array): void {
  tail.bytes = joinPieces([tail.bytes.subarray(-DEFLATED_PIECE - TRAILER), piece]);
  tail.end += piece.length;
}

function trailerAt({ bytes, end }: Tail, offset: number): Uint8Array {
  const at = bytes.length - (end - offset);
  return bytes.slice(Math.max(0, at - TRAILER), Math.max(0, at));
}

function* inflateAll(source: ByteSource, budget: Budget): Generator<Uint8Array, void> {
  const out: Uint8Array[] = [];
  const member: Member = { crc: 0, length: 0 };
  const tail: Tail = { bytes: new Uint8Array(0), end: 0 };
  const gunzip = new Gunzip((piece) => {
    if (piece.length === 0) return;
    spend(budget, piece.length);
    assertRatio(tail.end, budget.used);
    member.crc = crc32(member.crc, piece);
    member.length += piece.length;
    out.push(piece);
  });
  gunzip.onmember = (offset) => {
    assertTrailer(trailerAt(tail, offset), member);
    Object.assign(member, { crc: 0, length: 0 });
  };
  const push = (piece: Uint8Array, isLast: boolean): readonly Uint8Array[] => {
    goOn(tail, piece);
    inflating(WHAT, () => gunzip.push(piece, isLast));
    return out.splice(0);
  };
  for (const piece of smallPieces(source)) yield* push(piece, false);
  yield* push(new Uint8Array(0), true);
  assertTrailer(trailerAt(tail, tail.end), member);
}

/**
 * What a gzip file holds (several members follow each other).
 *
 * @param source - The input (manifest `input: "bytes"`), or bytes of an archive.
 * @param options - See {@link InflateOptions}.
 * @returns Pieces, or all bytes; both read the source.
 */
export function gunzip(source: ByteSource, options: InflateOptions = {}): InflatedSource {
  const chunks = (): Iterable<Uint8Array> => inflateAll(source, makeBudget(options));
  return Object.freeze({ chunks, bytes: () => joinPieces(chunks()) });
}
