// Bytes of a stream that arrived and were not taken yet, in few pieces however small they came.

/** Bytes in order. */
export type PieceQueue = {
  readonly length: () => number;
  readonly push: (piece: Buffer) => void;
  /** Take what is there, at most 128 KiB unless one piece is larger, one piece alone where it is large; empty when nothing is there. */
  readonly take: () => Buffer;
  /** Forget everything. */
  readonly clear: () => void;
};

/** Most that one `take` returns: fewer, larger steps on the way to the disk. */
const MAX_TAKE_BYTES = 128 * 1024;

/** A piece of this size is taken alone: to copy it together with others costs more than one step more. */
const LARGE_BYTES = 16 * 1024;

/**
 * Pieces below this size are copied together. Kept one by one, a window full of single bytes would cost hundreds of megabytes.
 */
const SMALL_BYTES = 4096;
const MAX_SMALL_PIECES = 64;

/** Small pieces on their way to become one of at least {@link SMALL_BYTES}. */
function makeTail() {
  let pieces: Buffer[] = [];
  let bytes = 0;

  function close(): Buffer | null {
    const whole = bytes === 0 ? null : Buffer.concat(pieces, bytes);
    pieces = [];
    bytes = 0;
    return whole;
  }

  /** @returns The whole tail once it is large enough. */
  function push(piece: Buffer): Buffer | null {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= SMALL_BYTES) return close();
    if (pieces.length >= MAX_SMALL_PIECES) pieces = [Buffer.concat(pieces, bytes)];
    return null;
  }

  return { push, close };
}

/** Make an empty queue. */
export function makePieceQueue(): PieceQueue {
  const tail = makeTail();
  let pieces: Buffer[] = [];
  let length = 0;

  function append(piece: Buffer | null): void {
    if (piece !== null) pieces.push(piece);
  }

  function push(piece: Buffer): void {
    length += piece.length;
    if (piece.length < SMALL_BYTES) return append(tail.push(piece));
    append(tail.close());
    pieces.push(piece);
  }

  function take(): Buffer {
    append(tail.close());
    let count = 0;
    let bytes = 0;
    for (const piece of pieces) {
      if (count > 0 && (piece.length >= LARGE_BYTES || bytes + piece.length > MAX_TAKE_BYTES)) break;
      count += 1;
      bytes += piece.length;
      if (piece.length >= LARGE_BYTES) break;
    }
    const taken = pieces.splice(0, count);
    length -= bytes;
    const [first] = taken;
    return taken.length === 1 && first !== undefined ? first : Buffer.concat(taken, bytes);
  }

  return {
    length: () => length,
    push,
    take,
    clear: () => {
      tail.close();
      pieces = [];
      length = 0;
    },
  };
}
