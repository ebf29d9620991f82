// Bytes of an input to text as its converter wants it: byte-order marks stripped, `auto` decided once at the first bytes.

import type { JobMessage } from '../sandbox/channel.ts';

/** What the decoder has to know before the first byte. */
export type DecodeOptions = {
  readonly mode: JobMessage['mode'];
  /** `auto`, or a label that TextDecoder knows. */
  readonly encoding: string;
  /** Is all of it valid UTF-8? Read only for `auto`. */
  readonly isUtf8: boolean;
};

/** Decodes one input, piece by piece. */
export type Decoder = {
  /** Text of the next bytes; may be empty when they end inside a character. */
  readonly push: (bytes: Uint8Array) => string;
  /** Text of what is left at the end of the input. */
  readonly end: () => string;
  /** The encoding in use; null for mode `bytes`. */
  readonly encoding: () => string | null;
};

function chooseEncoding(head: Uint8Array, { isUtf8 }: DecodeOptions): string {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return isUtf8 ? 'utf-8' : 'windows-1252';
}

const BYTES_DECODER: Decoder = {
  push: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'),
  end: () => '',
  encoding: () => null,
};

/**
 * Make a decoder for one input. Mode `bytes` gives one character (0 … 0xFF) per byte.
 *
 * `auto` is the byte-order mark, else UTF-8 when all of the input is valid UTF-8, else windows-1252.
 *
 * @param options - See {@link DecodeOptions}; the first `push` holds at least three bytes if the input does.
 * @throws {RangeError} for a label that TextDecoder does not know.
 */
export function makeDecoder(options: DecodeOptions): Decoder {
  if (options.mode === 'bytes') return BYTES_DECODER;
  let decoder = options.encoding === 'auto' ? null : new TextDecoder(options.encoding);

  const open = (head: Uint8Array) => (decoder ??= new TextDecoder(chooseEncoding(head, options)));

  return {
    push: (bytes) => open(bytes).decode(bytes, { stream: true }),
    end: () => open(new Uint8Array()).decode(),
    encoding: () => decoder?.encoding ?? null,
  };
}
