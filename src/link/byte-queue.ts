// Bytes as they came from the socket, taken out in any cut; copied only where a cut spans pieces.

/** Received bytes that nobody has taken yet. */
export type ByteQueue = {
  readonly length: () => number;
  readonly push: (bytes: Buffer) => void;
  /** The byte at `index`, which must be below `length()`. */
  readonly at: (index: number) => number;
  /** Take the first `count` bytes, at most `length()`: a view where one piece holds them, else a copy. */
  readonly take: (count: number) => Buffer;
  /** Take what lies together at the front, at most `count` bytes: always a view. Not when nothing is there. */
  readonly takeView: (count: number) => Buffer;
  /** Let the first `count` bytes go, at most `length()`. */
  readonly skip: (count: number) => void;
  /** Forget everything. */
  readonly clear: () => void;
};

/**
 * Pieces kept apart before they are joined. A peer that sends single bytes would else make this process keep about 200 bytes for
 * each of them.
 */
const MAX_PIECES = 64;

/** Make an empty queue. */
export function makeByteQueue(): ByteQueue {
  let pieces: Buffer[] = [];
  let length = 0;

  function push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    pieces.push(bytes);
    length += bytes.length;
    if (pieces.length > MAX_PIECES) pieces = [Buffer.concat(pieces, length)];
  }

  function at(index: number): number {
    const first = pieces[0];
    if (first !== undefined && index < first.length) return first.readUInt8(index);
    let offset = index;
    for (const piece of pieces) {
      if (offset < piece.length) return piece.readUInt8(offset);
      offset -= piece.length;
    }
    throw new RangeError(`Cannot read byte ${index}: only ${length} are there`);
  }

  /** Copy the first `count` bytes out of several pieces; what is left of the last one stays a view. */
  function takeCopy(count: number): Buffer {
    const taken = Buffer.allocUnsafe(count);
    let filled = 0;
    let used = 0;
    for (const piece of pieces) {
      const size = Math.min(piece.length, count - filled);
      piece.copy(taken, filled, 0, size);
      filled += size;
      if (size < piece.length) {
        pieces[used] = piece.subarray(size);
        break;
      }
      used += 1;
      if (filled === count) break;
    }
    pieces.splice(0, used);
    return taken;
  }

  /** Take `count` bytes of the first piece, which has so many. */
  function takeOf(first: Buffer, count: number): Buffer {
    if (first.length === count) {
      pieces.shift();
      return first;
    }
    pieces[0] = first.subarray(count);
    return first.subarray(0, count);
  }

  function take(count: number): Buffer {
    length -= count;
    const first = pieces[0];
    return first === undefined || first.length < count ? takeCopy(count) : takeOf(first, count);
  }

  function takeView(count: number): Buffer {
    const [first] = pieces;
    if (first === undefined) throw new RangeError('Cannot take bytes: none are there');
    const size = Math.min(first.length, count);
    length -= size;
    return takeOf(first, size);
  }

  function skip(count: number): void {
    length -= count;
    let left = count;
    for (let first = pieces[0]; first !== undefined && left > 0; [first] = pieces) {
      if (first.length > left) {
        pieces[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      pieces.shift();
    }
  }

  return {
    length: () => length,
    push,
    at,
    take,
    takeView,
    skip,
    clear: () => {
      pieces = [];
      length = 0;
    },
  };
}
