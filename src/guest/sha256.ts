// `sha256`: a hash without node:crypto, which a bare realm does not have. Source: FIPS 180-4.

import { encodeUtf8 } from './utf8.ts';

const BLOCK = 64;

/** First 32 bits of the fractional part of a root. */
function fraction(value: number): number {
  return ((value - Math.floor(value)) * 0x1_0000_0000) | 0;
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let next = 2; primes.length < count; next += 1)
    if (primes.every((prime) => next % prime !== 0)) primes.push(next);
  return primes;
}

type Constants = { readonly start: readonly number[]; readonly round: readonly number[] };

let constants: Constants | null = null;

function getConstants(): Constants {
  constants ??= {
    start: firstPrimes(8).map((prime) => fraction(Math.sqrt(prime))),
    round: firstPrimes(64).map((prime) => fraction(Math.cbrt(prime))),
  };
  return constants;
}

const rotate = (value: number, bits: number): number => (value >>> bits) | (value << (32 - bits));

function schedule(view: DataView, at: number, words: Int32Array): void {
  for (let index = 0; index < 16; index += 1) words[index] = view.getInt32(at + index * 4);
  for (let index = 16; index < 64; index += 1) {
    const early = words[index - 15] ?? 0;
    const late = words[index - 2] ?? 0;
    const first = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const second = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[index] = ((words[index - 16] ?? 0) + first + (words[index - 7] ?? 0) + second) | 0;
  }
}

/** One round: the eight words, moved on by one. */
function turn(state: Int32Array, addend: number): void {
  const at = (index: number): number => state[index] ?? 0;
  const big = rotate(at(4), 6) ^ rotate(at(4), 11) ^ rotate(at(4), 25);
  const first = at(7) + big + ((at(4) & at(5)) ^ (~at(4) & at(6))) + addend;
  const small = rotate(at(0), 2) ^ rotate(at(0), 13) ^ rotate(at(0), 22);
  const second = small + ((at(0) & at(1)) ^ (at(0) & at(2)) ^ (at(1) & at(2)));
  state.copyWithin(1, 0, 7);
  state[4] = at(4) + first;
  state[0] = first + second;
}

function compress(state: Int32Array, words: Int32Array, round: readonly number[]): void {
  const next = state.slice();
  for (let index = 0; index < 64; index += 1) turn(next, (round[index] ?? 0) + (words[index] ?? 0));
  for (let index = 0; index < 8; index += 1) state[index] = (state[index] ?? 0) + (next[index] ?? 0);
}

function pad(bytes: Uint8Array): DataView {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK) * BLOCK);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor((bytes.length * 8) / 0x1_0000_0000));
  view.setUint32(padded.length - 4, (bytes.length * 8) >>> 0);
  return view;
}

function toBytes(text: string): Uint8Array {
  const encoded = encodeUtf8(text);
  const bytes = new Uint8Array(encoded.length);
  for (let index = 0; index < encoded.length; index += 1) bytes[index] = encoded.charCodeAt(index);
  return bytes;
}

/**
 * SHA-256.
 *
 * @param data - Bytes; text counts as UTF-8.
 * @returns 64 lower-case hexadecimal digits.
 */
export function sha256(data: Uint8Array | string): string {
  const { start, round } = getConstants();
  const view = pad(typeof data === 'string' ? toBytes(data) : data);
  const state = Int32Array.from(start);
  const words = new Int32Array(64);
  for (let at = 0; at < view.byteLength; at += BLOCK) {
    schedule(view, at, words);
    compress(state, words, round);
  }
  return [...state].map((value) => (value >>> 0).toString(16).padStart(8, '0')).join('');
}
