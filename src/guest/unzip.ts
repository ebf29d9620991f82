// `unzip`: the files of a zip archive; their names are text, no path is ever made of them.

import { Inflate, strFromU8 } from 'fflate';
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

/** Most files of one archive. */
export const MOST_ZIP_ENTRIES = 10_000;

/** One file of an archive; folders are left out. */
export type ZipEntry = InflatedSource & {
  /** As the archive writes it, with `/`; data, never a path to open. */
  readonly name: string;
  /** Bytes, as the archive declares them; what comes out is held to it. */
  readonly size: number;
  /** All of it as UTF-8 text without a byte-order mark; what is no UTF-8 is read as Latin-1. */
  readonly text: () => string;
};

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const ZIP64 = 0xffff_ffff;
const STORED = 0;
const DEFLATED = 8;

/** What the directory says about one file. Source: PKWARE APPNOTE 4.3.12. */
type Listed = {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
};

type Archive = { readonly bytes: Uint8Array; readonly view: DataView };

function refuse(reason: string): never {
  throw new BadInput(`the zip archive cannot be read: ${reason}`);
}

function slice({ bytes }: Archive, start: number, length: number): Uint8Array {
  if (start + length > bytes.length) return refuse('it is cut off');
  return bytes.subarray(start, start + length);
}

function signatureAt({ view }: Archive, at: number): number {
  return at >= 0 && at + 4 <= view.byteLength ? view.getUint32(at, true) : 0;
}

function findEnd(archive: Archive): number {
  const { length } = archive.bytes;
  const last = length - END_BYTES;
  for (let at = last; at >= 0 && at >= last - LONGEST_COMMENT; at -= 1) {
    if (signatureAt(archive, at) === END_SIGNATURE) return at;
  }
  return refuse('it has no directory, or is cut off');
}

function decodeText(bytes: Uint8Array): string {
  const text = tryUtf8(bytes);
  if (text === null || text.includes('\ufffd')) return strFromU8(bytes, true);
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function tryUtf8(bytes: Uint8Array): string | null {
  try {
    return strFromU8(bytes);
  } catch {
    // No UTF-8. Where there is a TextDecoder, the library writes U+FFFD instead.
    return null;
  }
}

function readListed(archive: Archive, at: number): { readonly listed: Listed; readonly next: number } {
  if (signatureAt(archive, at) !== CENTRAL_SIGNATURE || at + CENTRAL_BYTES > archive.bytes.length) {
    return refuse('its directory is damaged');
  }
  const { view } = archive;
  const nameBytes = view.getUint16(at + 28, true);
  const listed: Listed = {
    name: decodeText(slice(archive, at + CENTRAL_BYTES, nameBytes)),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
  };
  const next = at + CENTRAL_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  return { listed, next };
}

function assertReadable({ name, flags, method, packed, size, offset }: Listed): void {
  const shown = name.slice(0, 100);
  if ((flags & 1) !== 0) refuse(`"${shown}" is encrypted`);
  if (method !== STORED && method !== DEFLATED) refuse(`"${shown}" is packed by method ${method}`);
  if ([packed, size, offset].includes(ZIP64)) refuse(`"${shown}" is over 4 GiB (zip64)`);
  if (method === STORED && packed !== size) refuse(`the sizes of "${shown}" contradict each other`);
}

function readDirectory(archive: Archive): readonly Listed[] {
  const end = findEnd(archive);
  const count = archive.view.getUint16(end + 10, true);
  if (count > MOST_ZIP_ENTRIES) refuse(`it has ${count} files, at most ${MOST_ZIP_ENTRIES}`);
  const all: Listed[] = [];
  let at = archive.view.getUint32(end + 16, true);
  for (let index = 0; index < count; index += 1) {
    const { listed, next } = readListed(archive, at);
    if (!listed.name.endsWith('/')) all.push(listed);
    at = next;
  }
  return all;
}

function packedBytes(archive: Archive, { name, offset, packed }: Listed): Uint8Array {
  if (signatureAt(archive, offset) !== LOCAL_SIGNATURE || offset + LOCAL_BYTES > archive.bytes.length) {
    return refuse(`"${name.slice(0, 100)}" is not where the directory says`);
  }
  const { view } = archive;
  const start = offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  return slice(archive, start, packed);
}

function* inflatePieces(packed: Uint8Array, what: string): Generator<Uint8Array, void> {
  const out: Uint8Array[] = [];
  const inflate = new Inflate((piece) => {
    if (piece.length > 0) out.push(piece);
  });
  for (const piece of smallPieces({ chunks: () => [packed] })) {
    inflating(what, () => inflate.push(piece, false));
    yield* out.splice(0);
  }
  inflating(what, () => inflate.push(new Uint8Array(0), true));
  yield* out.splice(0);
}

function* storedPieces(packed: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < packed.length; at += DEFLATED_PIECE) yield packed.slice(at, at + DEFLATED_PIECE);
}

function* readEntry(archive: Archive, listed: Listed, budget: Budget): Generator<Uint8Array, void> {
  const what = `"${listed.name.slice(0, 100)}" of the zip archive`;
  const packed = packedBytes(archive, listed);
  const pieces = listed.method === STORED ? storedPieces(packed) : inflatePieces(packed, what);
  let crc = 0;
  let size = 0;
  for (const piece of pieces) {
    size += piece.length;
    if (size > listed.size) throw new BadInput(`${what} inflates to more than the ${listed.size} bytes it declares`);
    spend(budget, piece.length);
    assertRatio(packed.length, size);
    crc = crc32(crc, piece);
    yield piece;
  }
  if (size !== listed.size || crc !== listed.crc) {
    throw new BadInput(`${what} is damaged: it is cut off, or its checksum does not fit`);
  }
}

function toEntry(archive: Archive, listed: Listed, budget: Budget): ZipEntry {
  const chunks = (): Iterable<Uint8Array> => readEntry(archive, listed, budget);
  const bytes = (): Uint8Array => joinPieces(chunks());
  return Object.freeze({ name: listed.name, size: listed.size, chunks, bytes, text: () => decodeText(bytes()) });
}

/**
 * The files of a zip archive, in the order of its directory.
 *
 * @param source - The input (manifest `input: "bytes"`), or bytes of an archive. The packed bytes are held as a whole.
 * @param options - `maxBytes` holds for all files together, each as often as it is read, and for what they declare.
 * @throws {BadInput} for a damaged archive, more than {@link MOST_ZIP_ENTRIES} files, encryption, zip64 and unknown methods,
 *   and for more bytes than are allowed, declared or real.
 */
export function unzip(source: ByteSource | Uint8Array, options: InflateOptions = {}): readonly ZipEntry[] {
  const bytes = source instanceof Uint8Array ? source : joinPieces(smallPieces(source));
  const archive = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  const budget = makeBudget(options);
  const listed = readDirectory(archive);
  for (const one of listed) assertReadable(one);
  const declared = makeBudget(options);
  for (const { size, packed } of listed) {
    spend(declared, size);
    assertRatio(packed, size);
  }
  return listed.map((one) => toEntry(archive, one, budget));
}
