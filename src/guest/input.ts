// The input file as a converter sees it: read forwards, once, piece by piece.

import { BadInput } from './errors.ts';
import type { GuestFile, GuestJob, Host } from './host.ts';

/** Longest line, in UTF-16 units; a longer one is BadInput. Source: sandbox.md 6. */
export const LONGEST_LINE = 1024 ** 2;

/** One file. Everything but the first four reads it, forwards and once. */
export type InputFile = {
  /** Name of the file, without a path. */
  readonly name: string;
  /** The name without its last extension. */
  readonly stem: string;
  /** Last extension in lower case with its dot, or empty. */
  readonly extension: string;
  /** Bytes of the file as it came. */
  readonly size: number;
  /**
   * Lines without their ends (`\r\n`, `\n` or `\r`), in constant memory. Manifest `input`: `lines` or `text`.
   *
   * @throws {BadInput} for a line over 1 MiB.
   */
  readonly lines: () => Iterable<string>;
  /** The whole text. Manifest `input`: `text`. */
  readonly text: () => string;
  /** All bytes. Manifest `input`: `bytes`. */
  readonly bytes: () => Uint8Array;
  /** Pieces as they come: texts, or byte arrays with `input: "bytes"`; no piece ends where a line or record ends. */
  readonly chunks: () => Iterable<string | Uint8Array>;
};

/** The file to convert. */
export type ConverterInput = InputFile & {
  /** Its companions as the manifest names them, to be read in any order; none of it crosses the wall before it is read. */
  readonly companions: readonly InputFile[];
};

/** Text of a file in pieces: what line and CSV readers take. */
export type TextSource = Pick<InputFile, 'chunks'>;

type Mode = GuestFile['mode'];

function splitName(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  return dot <= 0
    ? { stem: name, extension: '' }
    : { stem: name.slice(0, dot), extension: name.slice(dot).toLowerCase() };
}

/**
 * Bytes that crossed the wall as text.
 *
 * @param piece - One character (0 … 0xFF) per byte.
 */
export function toBytes(piece: string): Uint8Array {
  const bytes = new Uint8Array(piece.length);
  for (let index = 0; index < piece.length; index += 1) bytes[index] = piece.charCodeAt(index);
  return bytes;
}

function assertLine(line: string, number: number): string {
  if (line.length <= LONGEST_LINE) return line;
  throw new BadInput(`a line is longer than ${LONGEST_LINE} characters`, { line: number });
}

/**
 * Split pieces of text into lines.
 *
 * @param pieces - Texts; a line end may fall between two of them.
 * @throws {BadInput} for a line over {@link LONGEST_LINE}.
 */
export function* splitLines(pieces: Iterable<string>): Generator<string, void> {
  let rest = '';
  let number = 0;
  for (const piece of pieces) {
    const text = rest + piece;
    // A `\r` at the very end may be half of `\r\n`: it stays in the rest.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const found = text.slice(0, end).split(/\r\n|\n|\r/);
    rest = (found.pop() ?? '') + text.slice(end);
    for (const line of found) yield assertLine(line, (number += 1));
    assertLine(rest, number + 1);
  }
  if (rest !== '') yield assertLine(rest.endsWith('\r') ? rest.slice(0, -1) : rest, number + 1);
}

function makePieces(pull: () => string): () => Generator<string, void> {
  let isTaken = false;
  return () => {
    if (isTaken) throw new Error('Cannot read the file again: it is read once, forwards');
    isTaken = true;
    return (function* (): Generator<string, void> {
      for (let piece = pull(); piece !== ''; piece = pull()) yield piece;
    })();
  };
}

function assertMode(mode: Mode, allowed: readonly Mode[], what: string): void {
  if (allowed.includes(mode)) return;
  throw new Error(
    `Cannot use input.${what}(): converter.json says "input": "${mode}", it needs "${allowed.join('" or "')}"`,
  );
}

function joinBytes(pieces: Iterable<string>): Uint8Array {
  const parts = [...pieces].map(toBytes);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function makeFile(host: Host, { name, size, mode }: GuestFile, index: number): InputFile {
  const { pull } = host;
  const pieces = makePieces(() => pull(index));
  return {
    name,
    size,
    ...splitName(name),
    lines: () => {
      assertMode(mode, ['lines', 'text'], 'lines');
      return splitLines(pieces());
    },
    text: () => {
      assertMode(mode, ['text'], 'text');
      return [...pieces()].join('');
    },
    bytes: () => {
      assertMode(mode, ['bytes'], 'bytes');
      return joinBytes(pieces());
    },
    chunks: () => {
      const source = pieces();
      if (mode !== 'bytes') return source;
      return (function* (): Generator<Uint8Array, void> {
        for (const piece of source) yield toBytes(piece);
      })();
    },
  };
}

/**
 * The input of one job, with its companions.
 *
 * @param host - Gives the pieces.
 * @param job - Names, sizes and mode.
 */
export function makeInput(host: Host, job: Pick<GuestJob, 'input' | 'companions'>): ConverterInput {
  const companions = job.companions.map((file, at) => Object.freeze(makeFile(host, file, at + 1)));
  return Object.freeze({ ...makeFile(host, job.input, 0), companions: Object.freeze(companions) });
}
