// What `gunzip` and `unzip` share: the budget of inflated bytes, and what is wrong with compressed bytes.

import { BadInput } from './errors.ts';

/** Most bytes that one archive may inflate to. Source: sandbox.limits.inflated. */
const INFLATED_BYTES = 512 * 1024 ** 2;

/** Packed bytes inflate to this many times their number at most, once there are {@link RATIO_FROM} of them. */
export const LARGEST_RATIO = 200;
/**
 * Inflated bytes from which the ratio counts. A sealed runner inflates about 8 MiB a second, so a bomb would otherwise use up its
 * time before it reaches {@link INFLATED_BYTES}; what equipment writes was never seen above 50.
 */
export const RATIO_FROM = 16 * 1024 ** 2;

/** Compressed bytes given to the library at once; each inflates to 1,032 at most, so this bounds what one step makes. */
export const DEFLATED_PIECE = 4_096;

/** How much may be inflated. */
export type InflateOptions = {
  /** Most bytes that may come out; default and largest value {@link INFLATED_BYTES}. */
  readonly maxBytes?: number;
};

/** Bytes in pieces: an input with manifest `input: "bytes"`, or what `gunzip` gives. */
export type ByteSource = { readonly chunks: () => Iterable<string | Uint8Array> };

/** Bytes that come out of an archive. */
export type InflatedSource = {
  /**
   * Pieces as they come, in constant memory; each call reads anew where the source allows it.
   *
   * @throws {BadInput} for damaged bytes, and for more than are allowed.
   */
  readonly chunks: () => Iterable<Uint8Array>;
  /** All of them. */
  readonly bytes: () => Uint8Array;
};

/** Counts inflated bytes. */
export type Budget = { readonly maxBytes: number; used: number };

/**
 * A budget that is not used yet.
 *
 * @param options - See {@link InflateOptions}.
 */
export function makeBudget({ maxBytes = INFLATED_BYTES }: InflateOptions): Budget {
  return { maxBytes: Math.min(Math.max(0, maxBytes), INFLATED_BYTES), used: 0 };
}

/**
 * Take bytes from a budget.
 *
 * @param budget - Of one archive.
 * @param bytes - That came out.
 * @throws {BadInput} when there are not as many left.
 */
export function spend(budget: Budget, bytes: number): void {
  budget.used += bytes;
  if (budget.used > budget.maxBytes) {
    throw new BadInput(`the archive inflates to more than ${budget.maxBytes} bytes`);
  }
}

/**
 * Refuse what inflates out of proportion.
 *
 * @param packed - Bytes that went in.
 * @param inflated - Bytes that came out of them.
 * @throws {BadInput} see {@link LARGEST_RATIO}.
 */
export function assertRatio(packed: number, inflated: number): void {
  if (inflated > RATIO_FROM && inflated > packed * LARGEST_RATIO) {
    throw new BadInput(`the archive inflates to more than ${LARGEST_RATIO} times its size`);
  }
}

/**
 * Run a step of the library; what it throws about the bytes is BadInput.
 *
 * @param what - `gzip` or the entry, for the message.
 */
export function inflating<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (BadInput.read(error) !== null || !isDataError(error)) throw error;
    throw new BadInput(`${what} is damaged: ${error.message}`);
  }
}

/** The library marks what it says about data with a number in `code`. */
function isDataError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}

/**
 * Join pieces.
 *
 * @param pieces - Read to their end.
 */
export function joinPieces(pieces: Iterable<Uint8Array>): Uint8Array {
  const parts = [...pieces];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * Bytes of a source, piece by piece, each small enough to be inflated at once.
 *
 * @throws {Error} for text: the converter's manifest must ask for bytes.
 */
export function* smallPieces(source: ByteSource): Generator<Uint8Array, void> {
  for (const piece of source.chunks()) {
    if (typeof piece === 'string') throw new Error('Cannot inflate text: converter.json must say "input": "bytes"');
    for (let at = 0; at < piece.length; at += DEFLATED_PIECE) yield piece.subarray(at, at + DEFLATED_PIECE);
  }
}
