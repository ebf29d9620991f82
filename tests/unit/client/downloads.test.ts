import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isDownloadHeader, makeDownloads, MAX_RESULT_BYTES } from '../../../src/client/downloads.ts';

const MIB = 1024 ** 2;
const headOf = (body: Buffer, stream = 2) => ({
  stream,
  bytes: body.length,
  sha256: createHash('sha256').update(body).digest('hex'),
});
const chunk = (payload: Buffer | string, mark: 'none' | 'end' | 'abort' = 'none', streamId = 2) => ({
  streamId,
  mark,
  payload: Buffer.from(payload),
});

function setUp() {
  const granted: number[][] = [];
  return { granted, downloads: makeDownloads((stream, bytes) => void granted.push([stream, bytes])) };
}

describe('isDownloadHeader()', () => {
  it.each([
    [{ stream: 2, bytes: 1, sha256: 'x' }, true],
    [{ stream: 2, bytes: 1 }, false],
    [{ stream: 2, bytes: 1, sha256: 'x', more: 1 }, false],
    [{ stream: '2', bytes: 1, sha256: 'x' }, false],
    [null, false],
  ])('of %j is %s', (result, expected) => {
    expect(isDownloadHeader(result)).toBe(expected);
  });
});

describe('the downloads of a connection', () => {
  it('join what comes when it is what was announced', async () => {
    const { granted, downloads } = setUp();
    const receiving = downloads.receive(headOf(Buffer.from('abcdef')));

    downloads.chunk(chunk('abc'));
    downloads.chunk(chunk('def', 'end'));

    expect(String(await receiving)).toBe('abcdef');
    expect(granted).toEqual([[2, 6]]);
  });

  it.each([
    ['has the number of one that is open', headOf(Buffer.from('b'))],
    ['has an odd number', headOf(Buffer.from('b'), 3)],
    ['has a number below the last', headOf(Buffer.from('b'), -4)],
    ['has less than no bytes', { ...headOf(Buffer.from('b'), 4), bytes: -1 }],
  ])('refuse a head that %s, and go on with the one that is open', async (_name, head) => {
    const { downloads } = setUp();
    const receiving = downloads.receive(headOf(Buffer.from('abc')));

    await expect(downloads.receive(head)).rejects.toMatchObject({ code: 'unavailable' });
    downloads.chunk(chunk('abc', 'end'));

    expect(String(await receiving)).toBe('abc');
  });

  it('ask for a window, then for more whenever half of it came', async () => {
    const { granted, downloads } = setUp();
    const body = Buffer.alloc(3 * MIB, 'x');
    const receiving = downloads.receive(headOf(body));

    for (let sent = 0; sent < body.length; sent += MIB / 4) {
      const isLast = sent + MIB / 4 === body.length;
      expect(downloads.chunk(chunk(body.subarray(sent, sent + MIB / 4), isLast ? 'end' : 'none'))).toBeNull();
    }

    expect((await receiving).length).toBe(body.length);
    expect(granted.map(([, bytes]) => bytes)).toEqual([MIB, MIB / 2, MIB / 2, MIB / 2, MIB / 2]);
  });

  it.each([
    ['has another hash', 'abX', 'another SHA-256'],
    ['is shorter', 'ab', '2 bytes came, 3 were announced'],
  ])('refuse a result that %s', async (_what, text, reason) => {
    const { downloads } = setUp();
    const receiving = downloads.receive(headOf(Buffer.from('abc')));

    downloads.chunk(chunk(text, 'end'));

    await expect(receiving).rejects.toThrow(reason);
  });

  it('tell a server that sends more than it was asked for, or what was never opened', async () => {
    const { downloads } = setUp();
    const receiving = downloads.receive(headOf(Buffer.from('abc')));

    expect(downloads.chunk(chunk('abcd'))).toContain('credit');
    expect(downloads.chunk(chunk('x', 'none', 4))).toContain('never opened');
    expect(downloads.chunk(chunk('x', 'none', 1))).toContain('never opened');
    downloads.failAll(new Error('lost'));
    await expect(receiving).rejects.toThrow('lost');
  });

  it('end with the reason of the server or of this side, and drop what still comes', async () => {
    const { downloads } = setUp();
    const aborted = downloads.receive(headOf(Buffer.from('abc'), 2));
    const forgotten = downloads.receive(headOf(Buffer.from('abc'), 4));

    downloads.chunk(chunk('no time', 'abort', 2));
    downloads.forget(4, new Error('given up'));

    await expect(aborted).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('no time') });
    await expect(forgotten).rejects.toThrow('given up');
    expect([2, 4].map((id) => downloads.chunk(chunk('late', 'none', id)))).toEqual([null, null]);
  });

  it.each([
    [MAX_RESULT_BYTES, true],
    [MAX_RESULT_BYTES + 1, false],
  ])('take one of %i bytes: %s', async (bytes, isTaken) => {
    const { granted, downloads } = setUp();

    const receiving = downloads.receive({ stream: 2, bytes, sha256: '' });

    expect(granted.length > 0).toBe(isTaken);
    downloads.failAll(new Error('lost'));
    await expect(receiving).rejects.toMatchObject(isTaken ? { message: 'lost' } : { code: 'too_large' });
  });
});
