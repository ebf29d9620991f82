import { describe, expect, it } from 'vitest';
import { makeByteQueue } from '../../../src/link/byte-queue.ts';

describe('makeByteQueue()', () => {
  it('gives bytes back in order across pieces', () => {
    const queue = makeByteQueue();
    queue.push(Buffer.from('ab'));
    queue.push(Buffer.from('cde'));

    const taken = [queue.take(1), queue.take(3), queue.take(1)].map(String);

    expect(taken).toEqual(['a', 'bcd', 'e']);
    expect(queue.length()).toBe(0);
  });

  it('reads a byte in any piece', () => {
    const queue = makeByteQueue();
    queue.push(Buffer.from('ab'));
    queue.push(Buffer.from('c'));

    expect([queue.at(0), queue.at(2)].map((byte) => String.fromCharCode(byte))).toEqual(['a', 'c']);
    expect(() => queue.at(3)).toThrow(RangeError);
  });

  it.each([63, 64, 65, 130])('keeps the order of %i single bytes', (count) => {
    const bytes = Buffer.from(Array.from({ length: count }, (_, index) => index));
    const queue = makeByteQueue();

    for (const byte of bytes) queue.push(Buffer.from([byte]));

    expect(queue.take(count)).toEqual(bytes);
  });

  it('gives what lies together as a view, and no more than is asked for', () => {
    const first = Buffer.from('abc');
    const queue = makeByteQueue();
    queue.push(first);
    queue.push(Buffer.from('de'));

    const views = [queue.takeView(2), queue.takeView(5), queue.takeView(5)];

    expect(views.map(String)).toEqual(['ab', 'c', 'de']);
    expect(views[0]?.buffer).toBe(first.buffer);
    expect(queue.length()).toBe(0);
    expect(() => queue.takeView(1)).toThrow(RangeError);
  });

  it.each([
    [0, 'abcde'],
    [2, 'cde'],
    [3, 'de'],
    [4, 'e'],
    [5, ''],
  ])('lets %i bytes go, over pieces', (count, rest) => {
    const queue = makeByteQueue();
    queue.push(Buffer.from('abc'));
    queue.push(Buffer.from('de'));

    queue.skip(count);

    expect(String(queue.take(queue.length()))).toBe(rest);
  });

  it('forgets everything when cleared', () => {
    const queue = makeByteQueue();
    queue.push(Buffer.from('ab'));

    queue.clear();

    expect(queue.length()).toBe(0);
  });
});
