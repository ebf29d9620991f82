import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type FileContent, submitFile, type SubmitDeps } from '../../../src/client/submit.ts';

const INLINE_BYTES = 1000;

function setUp(capabilities: readonly string[] = ['streams']) {
  const calls: { params: Record<string, unknown>; deadlineMs: number | undefined; streams: number[] }[] = [];
  const deps: SubmitDeps = {
    call: (_name, params, { deadlineMs, upload }) => {
      calls.push({ params, deadlineMs, streams: [...(upload?.keys() ?? [])] });
      return Promise.resolve({ submissionId: 's', sha256: '', bytes: 0, duplicate: false });
    },
    session: () => ({
      capabilities: [...capabilities],
      limits: {
        jsonFrame: 1,
        chunk: 1,
        depth: 1,
        inline: INLINE_BYTES,
        callsInFlight: 1,
        streams: 1,
        subscriptions: 1,
        unsentBytes: 1,
        report: 256_000,
      },
    }),
  };
  return { calls, deps };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const pieces = async function* (): AsyncGenerator<Uint8Array> {
  yield Buffer.from('piece');
};

describe('submitFile()', () => {
  it('sends text and bytes inside the call, with size and hash, and what was wished for', async () => {
    const { calls, deps } = setUp();

    await submitFile(deps, { name: 'a.csv', content: 'größe', converter: 'csv', priority: 3 }, {});

    expect(calls).toEqual([
      {
        params: {
          name: 'a.csv',
          converter: 'csv',
          priority: 3,
          size: 7,
          sha256: sha256('größe'),
          contentBase64: Buffer.from('größe').toString('base64'),
        },
        deadlineMs: 60_001,
        streams: [],
      },
    ]);
  });

  it.each([
    [INLINE_BYTES - 1, 'inside'],
    [INLINE_BYTES, 'inside'],
    [INLINE_BYTES + 1, 'as a stream'],
  ])('sends %i bytes %s', async (size, where) => {
    const { calls, deps } = setUp();

    await submitFile(deps, { name: 'a', content: Buffer.alloc(size) }, {});

    expect(calls[0]?.params['stream']).toBe(where === 'inside' ? undefined : 1);
    expect(calls[0]?.streams).toEqual(where === 'inside' ? [] : [1]);
    expect(calls[0]?.params['size']).toBe(size);
  });

  it('gives companions what room is left, and streams of their own', async () => {
    const { calls, deps } = setUp();
    const companions = [
      { name: 'small', content: 'x' },
      { name: 'large', content: Buffer.alloc(INLINE_BYTES) },
      { name: 'pieces', content: pieces },
    ];

    await submitFile(deps, { name: 'a', content: pieces(), companions }, {});

    expect(calls[0]?.params).toEqual({
      name: 'a',
      stream: 1,
      companions: [
        { name: 'small', contentBase64: Buffer.from('x').toString('base64') },
        { name: 'large', stream: 3 },
        { name: 'pieces', stream: 5 },
      ],
    });
    expect(calls[0]?.streams).toEqual([1, 3, 5]);
  });

  it.each<[string, FileContent, number | undefined, number]>([
    ['of a known size', Buffer.alloc(256_000), undefined, 61_000],
    ['of a size that was told', pieces, 512_000, 62_000],
    ['of an unknown size, as for the largest', pieces, undefined, 61_000],
  ])('leaves time for a file %s', async (_what, content, size, expected) => {
    const { calls, deps } = setUp();

    await submitFile(deps, { name: 'a', content, ...(size === undefined ? {} : { size }) }, {});
    await submitFile(deps, { name: 'a', content }, { deadlineMs: 5 });

    expect(calls.map(({ deadlineMs }) => deadlineMs)).toEqual([expected, 5]);
  });

  it('refuses text that UTF-8 cannot hold, and a stream where the server takes none', async () => {
    const { deps } = setUp([]);

    await expect(submitFile(deps, { name: 'a', content: '\ud800' }, {})).rejects.toMatchObject({
      code: 'invalid_params',
    });
    await expect(submitFile(deps, { name: 'a', content: pieces }, {})).rejects.toMatchObject({
      code: 'too_large',
      data: { limit: INLINE_BYTES },
    });
  });
});
