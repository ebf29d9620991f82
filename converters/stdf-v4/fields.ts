// Fields of one STDF record, read in their order. Source: STDF Specification V4, "Data type codes".

import { BadInput } from 'airlock/converter';

/** The record at hand; the same object is used for every record of a file. */
export type Fields = {
  bytes: Uint8Array;
  view: DataView;
  /** Index of the next byte, and behind the last one. */
  at: number;
  end: number;
  isLittle: boolean;
  /** Single-precision numbers by their bits, as {@link readR4} gives them: limits come again and again. */
  readonly singles: Map<number, number>;
  /** Offset of the record in the (inflated) file. */
  offset: number;
};

function damaged({ offset }: Fields, what: string): never {
  throw new BadInput(`the record at byte ${offset} is damaged: ${what} ends behind it`);
}

/** Index of a field of that many bytes; null where the record ends before it. */
function takeBytes(fields: Fields, size: number, what: string): number | null {
  const { at, end } = fields;
  if (at >= end) return null;
  if (at + size > end) damaged(fields, what);
  fields.at = at + size;
  return at;
}

/** U*1, B*1, N*1 pair; null where the record ends before it, as for all of these. */
export function readU1(fields: Fields): number | null {
  const at = takeBytes(fields, 1, 'a byte');
  return at === null ? null : (fields.bytes[at] ?? null);
}

/** U*2. */
export function readU2(fields: Fields): number | null {
  const at = takeBytes(fields, 2, 'a number of 2 bytes');
  return at === null ? null : fields.view.getUint16(at, fields.isLittle);
}

/** U*4. */
export function readU4(fields: Fields): number | null {
  const at = takeBytes(fields, 4, 'a number of 4 bytes');
  return at === null ? null : fields.view.getUint32(at, fields.isLittle);
}

/** I*1. */
export function readI1(fields: Fields): number | null {
  const at = takeBytes(fields, 1, 'a byte');
  return at === null ? null : fields.view.getInt8(at);
}

/** I*2. */
export function readI2(fields: Fields): number | null {
  const at = takeBytes(fields, 2, 'a number of 2 bytes');
  return at === null ? null : fields.view.getInt16(at, fields.isLittle);
}

/** I*4. */
export function readI4(fields: Fields): number | null {
  const at = takeBytes(fields, 4, 'a number of 4 bytes');
  return at === null ? null : fields.view.getInt32(at, fields.isLittle);
}

/** R*8. */
export function readR8(fields: Fields): number | null {
  const at = takeBytes(fields, 8, 'a number of 8 bytes');
  return at === null ? null : fields.view.getFloat64(at, fields.isLittle);
}

/** A short decimal that stands for this single-precision number and no other: 3.3, not 3.299999952316284. */
function toShort(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value;
  for (let digits = 7; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

const MOST_SINGLES = 10_000;

/** R*4. */
export function readR4(fields: Fields): number | null {
  const at = takeBytes(fields, 4, 'a number of 4 bytes');
  if (at === null) return null;
  const { singles, view, isLittle } = fields;
  const bits = view.getUint32(at, isLittle);
  const known = singles.get(bits);
  if (known !== undefined) return known;
  const value = toShort(view.getFloat32(at, isLittle));
  if (singles.size >= MOST_SINGLES) singles.clear();
  singles.set(bits, value);
  return value;
}

const { fromCharCode } = String;
const CONTROL = /\p{Cc}/u;
const CONTROLS = /\p{Cc}/gu;

/** Bytes (at most 255) as text: one character each, blanks for control characters. */
export function toText(bytes: Uint8Array): string {
  // Source: measured without a compiler, a quarter of the time that spreading takes.
  const text = Reflect.apply(fromCharCode, null, bytes);
  return (CONTROL.test(text) ? text.replace(CONTROLS, ' ') : text).trim();
}

/** C*1; null also for a blank, which means "none". */
export function readC1(fields: Fields): string | null {
  const code = readU1(fields);
  if (code === null) return null;
  const text = toText(Uint8Array.of(code));
  return text === '' ? null : text;
}

function takeCounted(fields: Fields, count: number | null, what: string): Uint8Array | null {
  if (count === null) return null;
  if (fields.at + count > fields.end) damaged(fields, what);
  const bytes = fields.bytes.subarray(fields.at, fields.at + count);
  fields.at += count;
  return bytes;
}

/** C*n; null also for an empty one, which means "none". */
export function readCn(fields: Fields): string | null {
  const bytes = takeCounted(fields, readU1(fields), 'a text');
  const text = bytes === null ? '' : toText(bytes);
  return text === '' ? null : text;
}

/** B*n. */
export const readBn = (fields: Fields): Uint8Array | null => takeCounted(fields, readU1(fields), 'a list of bytes');

/** D*n: bits, eight to a byte. */
export function readDn(fields: Fields): Uint8Array | null {
  const bits = readU2(fields);
  return takeCounted(fields, bits === null ? null : Math.ceil(bits / 8), 'a list of bits');
}

/**
 * A list of fields of one kind.
 *
 * @param fields - The record.
 * @param count - How many; null for none.
 * @param read - Reads one.
 */
export function readMany<T>(fields: Fields, count: number | null, read: (fields: Fields) => T | null): readonly T[] {
  const items: T[] = [];
  for (let index = 0; index < (count ?? 0); index += 1) {
    const item = read(fields);
    if (item === null) return damaged(fields, `a list of ${count ?? 0}`);
    items.push(item);
  }
  return items;
}

/** Half bytes, two to a byte: skipped, nothing of a report needs them. */
export function skipNibbles(fields: Fields, count: number | null): void {
  takeCounted(fields, count === null ? null : Math.ceil(count / 2), 'a list of half bytes');
}

/** Bytes as hexadecimal digits, at most 200 of them. */
export function toHex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 100)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
