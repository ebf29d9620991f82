import { describe, expect, it } from 'vitest';
import { makePieceQueue } from '../../../src/server/piece-queue.ts';

const KIB = 1024;

function takeAll(queue: ReturnType<typeof makePieceQueue>): Buffer[] {
  const taken: Buffer[] = [];
  while (queue.length() > 0) taken.push(queue.take());
  return taken;
}

describe('a piece queue', () => {
  it('gives bytes in order, however large or small their pieces were', () => {
    const queue = makePieceQueue();
    const sizes = [1, 5000, 3, 4095, 4096, 100, 70_000, 2];
    const pieces = sizes.map((size, index) => Buffer.alloc(size, index + 1));

    for (const piece of pieces) queue.push(piece);

    expect(queue.length()).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(Buffer.concat(takeAll(queue)).equals(Buffer.concat(pieces))).toBe(true);
  });

  it.each([
    [128 * KIB - 1, 1],
    [128 * KIB, 1],
    [128 * KIB + 4096, 2],
  ])('takes at most 128 KiB at once: %i bytes in %i steps', (bytes, steps) => {
    const queue = makePieceQueue();
    for (let left = bytes; left > 0; left -= 4096) queue.push(Buffer.alloc(Math.min(left, 4096)));

    expect(takeAll(queue)).toHaveLength(steps);
  });

  it('keeps a window full of single bytes in few pieces', () => {
    const queue = makePieceQueue();

    for (let index = 0; index < 100_000; index += 1) queue.push(Buffer.alloc(1, index));

    const taken = takeAll(queue);
    expect(taken).toHaveLength(1);
    expect(taken[0]?.every((byte, index) => byte === index % 256)).toBe(true);
  });

  it('forgets everything when it is cleared', () => {
    const queue = makePieceQueue();
    queue.push(Buffer.from('small'));
    queue.push(Buffer.alloc(5000));

    queue.clear();

    expect([queue.length(), queue.take().length]).toEqual([0, 0]);
  });
});
