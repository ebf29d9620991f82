import { describe, expect, it } from 'vitest';
import { makeIncomingStream, WINDOW_BYTES } from '../../../src/server/upload-stream.ts';

const HALF = WINDOW_BYTES / 2;
const chunk = (payload: Buffer | string, mark: 'none' | 'end' = 'none') => ({
  streamId: 1,
  mark,
  payload: Buffer.from(payload),
});

function setUp() {
  const granted: number[] = [];
  return { granted, incoming: makeIncomingStream((bytes) => void granted.push(bytes)) };
}

describe('an incoming stream', () => {
  it('has no credit before it is read', () => {
    const { granted, incoming } = setUp();

    expect(incoming.receive(chunk('x'))).toBe(false);
    expect(incoming.receive(chunk(''))).toBe(true);
    expect(granted).toEqual([]);
  });

  it.each([
    [HALF - 1, []],
    [HALF, [HALF]],
    [HALF + 1, [HALF + 1]],
  ])('grants again once %i bytes were taken: %j', async (bytes, more) => {
    const { granted, incoming } = setUp();
    let reading = incoming.stream.read();
    incoming.receive(chunk(Buffer.alloc(bytes)));

    for (let taken = 0; taken < bytes; ) {
      taken += (await reading)?.byteLength ?? 0;
      reading = incoming.stream.read();
    }

    expect(granted).toEqual([WINDOW_BYTES, ...more]);
    incoming.fail(new Error('over'));
    await reading.catch(() => undefined);
  });

  it.each([
    [WINDOW_BYTES - 1, true],
    [WINDOW_BYTES, true],
    [WINDOW_BYTES + 1, false],
  ])('takes %i bytes at once: %s', async (bytes, isTaken) => {
    const { incoming } = setUp();
    const reading = incoming.stream.read();

    expect(incoming.receive(chunk(Buffer.alloc(bytes)))).toBe(isTaken);

    incoming.fail(new Error('over'));
    await reading.catch(() => undefined);
  });

  it('counts payload, not chunks, against the credit, and an end alone costs none', async () => {
    const { incoming } = setUp();
    const reading = incoming.stream.read();
    incoming.receive(chunk(Buffer.alloc(WINDOW_BYTES)));

    expect(incoming.receive(chunk('', 'end'))).toBe(true);

    let bytes = (await reading)?.byteLength ?? 0;
    for (let piece = await incoming.stream.read(); piece !== null; piece = await incoming.stream.read()) {
      bytes += piece.byteLength;
    }
    expect(bytes).toBe(WINDOW_BYTES);
  });

  it('asks for nothing more once its end came', async () => {
    const { granted, incoming } = setUp();
    const reading = incoming.stream.read();
    incoming.receive(chunk(Buffer.alloc(HALF), 'end'));

    await reading;
    while ((await incoming.stream.read()) !== null);

    expect(granted).toEqual([WINDOW_BYTES]);
    expect(await incoming.stream.read()).toBeNull();
  });

  it('rejects who reads and who will read, with the first reason, and drops what still comes', async () => {
    const { incoming } = setUp();
    const reading = incoming.stream.read();

    incoming.fail(new Error('first'));
    incoming.fail(new Error('second'));

    await expect(reading).rejects.toThrow('first');
    expect(incoming.receive(chunk(Buffer.alloc(2 * WINDOW_BYTES)))).toBe(true);
    await expect(incoming.stream.read()).rejects.toThrow('first');
  });
});
