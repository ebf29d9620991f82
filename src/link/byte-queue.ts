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

class Pieces implements ByteQueue {
  #pieces: Buffer[] = [];
  #length = 0;

  length(): number {
    return this.#length;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#pieces.length > MAX_PIECES) this.#pieces = [Buffer.concat(this.#pieces, this.#length)];
  }

  at(index: number): number {
    let offset = index;
    for (const piece of this.#pieces) {
      if (offset < piece.length) return piece.readUInt8(offset);
      offset -= piece.length;
    }
    throw new RangeError(`Cannot read byte ${index}: only ${this.#length} are there`);
  }

  take(count: number): Buffer {
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= count) return this.takeView(count);
    const taken = Buffer.allocUnsafe(count);
    let filled = 0;
    for (const piece of this.#pieces) filled += piece.copy(taken, filled, 0, count - filled);
    this.skip(count);
    return taken;
  }

  takeView(count: number): Buffer {
    const [first] = this.#pieces;
    if (first === undefined) throw new RangeError('Cannot take bytes: none are there');
    const view = first.length <= count ? first : first.subarray(0, count);
    this.skip(view.length);
    return view;
  }

  skip(count: number): void {
    this.#length -= count;
    let left = count;
    for (let [first] = this.#pieces; first !== undefined && left > 0; [first] = this.#pieces) {
      if (first.length > left) {
        this.#pieces[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#pieces.shift();
    }
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }
}

/** Make an empty queue. */
export function makeByteQueue(): ByteQueue {
  return new Pieces();
}
