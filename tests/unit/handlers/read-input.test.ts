import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { hashOnly } from '../../../src/handlers/hash-only.ts';
import { readInput } from '../../../src/handlers/read-input.ts';
import type { CallContext } from '../../../src/protocol/handler.ts';
import { makeManualClock } from '../../support/manual-clock.ts';
import type { ReceivedBody, UploadInput, UploadOutcome } from '../../../src/store/types.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A context whose streams say these texts, piece by piece; which were read in what order. */
function contextWith(streams: Record<number, readonly string[]>) {
  const read: number[] = [];
  const context: CallContext = {
    caller: { kid: toKeyId('submit'), scopes: ['submit'] },
    requestId: 'r1',
    signal: new AbortController().signal,
    progress: () => undefined,
    decide: () => undefined,
    log: silentLogger,
    subscriptions: { open: () => Promise.reject(new Error('not here')), close: () => false },
    uploads: {
      open: (id) => {
        const left = [...(streams[id] ?? [])];
        return {
          read: () => {
            if (read.at(-1) !== id) read.push(id);
            const piece = left.shift();
            return Promise.resolve(piece === undefined ? null : Buffer.from(piece));
          },
        };
      },
    },
  };
  return { read, context };
}

/** A store that keeps uploads in memory; what became of each. */
function memoryStore(ends: { readonly open?: UploadOutcome; readonly write?: 'too_large' } = {}) {
  const opened: UploadInput[] = [];
  const disposed: number[] = [];
  const store = {
    openUpload: (input: UploadInput): Promise<UploadOutcome> => {
      const index = opened.push(input) - 1;
      if (ends.open !== undefined) return Promise.resolve(ends.open);
      let text = '';
      const upload = {
        write: (piece: Uint8Array) => {
          text += String(piece);
          return Promise.resolve(
            ends.write === undefined ? ({ kind: 'ok' } as const) : ({ kind: 'too_large', limit: 3 } as const),
          );
        },
        finish: (): Promise<ReceivedBody> =>
          Promise.resolve({
            kind: 'received',
            size: text.length,
            sha256: sha256(text),
            path: `/store/${index}`,
            uploadId: `u${index}`,
          }),
        [Symbol.asyncDispose]: () => {
          disposed.push(index);
          return Promise.resolve();
        },
      };
      return Promise.resolve({ kind: 'opened', upload });
    },
  };
  return { opened, disposed, deps: { store, clock: makeManualClock(), limitBytes: 1000 } };
}

describe('readInput()', () => {
  it('reads streams one after the other, the main file first, and keeps them until it is disposed', async () => {
    const { read, context } = contextWith({ 5: ['ab', 'c'], 1: ['x'], 3: [] });
    const { opened, disposed, deps } = memoryStore();
    const companions = [
      { name: 'one', stream: 1 },
      { name: 'two', content: 'inline' },
      { name: 'three', stream: 3 },
    ];

    const input = await readInput(
      deps,
      { name: 'main', stream: 5, size: 3, sha256: sha256('abc'), companions },
      { context, purpose: 'kept' },
    );

    expect(read).toEqual([5, 1, 3]);
    expect([input.main, ...input.companions].map(({ name, size, body }) => [name, size, body.kind])).toEqual([
      ['main', 3, 'received'],
      ['one', 1, 'received'],
      ['two', 6, 'inline'],
      ['three', 0, 'received'],
    ]);
    expect(opened).toEqual(
      // What came inline, and what was read before, is taken off.
      [
        [3, 994],
        [null, 991],
        [null, 990],
      ].map(([size, maxBytes], index) => ({ kid: 'submit', size, maxBytes, isCounted: index === 0 })),
    );
    expect(disposed).toEqual([]);
    await input[Symbol.asyncDispose]();
    expect(new Set(disposed)).toEqual(new Set([0, 1, 2]));
  });

  it('takes no place in the queue for what is only converted, nor for a companion of an inline file', async () => {
    const companions = [{ name: 'one', stream: 3 }];
    const { opened, deps } = memoryStore();

    const { context } = contextWith({ 1: ['a'], 3: ['b'] });
    await using _converted = await readInput(
      deps,
      { name: 'a', stream: 1, companions },
      { context, purpose: 'converted' },
    );
    await using _kept = await readInput(
      deps,
      { name: 'a', content: 'a', companions },
      { context: contextWith({ 3: ['b'] }).context, purpose: 'kept' },
    );

    expect(opened.map(({ isCounted }) => isCounted)).toEqual([false, false, false]);
  });

  it.each([
    ['one byte under', 996, null],
    ['at', 997, null],
    ['one byte over', 998, 'too_large'],
  ])(
    'takes files together up to the limit, refused before anything is read where it is told: %s',
    async (_what, size, code) => {
      const { read, context } = contextWith({ 1: ['x'.repeat(size)] });
      const { opened, deps } = memoryStore();
      const limited = {
        openUpload: async (input: UploadInput): Promise<UploadOutcome> =>
          (input.size ?? 0) > input.maxBytes
            ? { kind: 'too_large', limit: input.maxBytes }
            : await deps.store.openUpload(input),
      };

      const reading = readInput(
        { ...deps, store: limited },
        { name: 'a', stream: 1, size, companions: [{ name: 'b', content: 'abc' }] },
        { context, purpose: 'kept' },
      ).then(
        () => null,
        (error: unknown) => error,
      );

      const ended = await reading;
      if (code === null) expect(ended).toBeNull();
      else expect(ended).toMatchObject({ code, data: { limit: 1000 } });
      expect(read).toEqual(code === null ? [1] : []);
      expect(opened).toHaveLength(code === null ? 1 : 0);
    },
  );

  it('refuses inline companions that are more than the limit, and a streamed one by what is left of it', async () => {
    const { read, context } = contextWith({ 1: ['x'] });
    const { opened, deps } = memoryStore();

    await expect(
      readInput(
        deps,
        { name: 'a', stream: 1, companions: [{ name: 'b', content: 'x'.repeat(1001) }] },
        { context, purpose: 'kept' },
      ),
    ).rejects.toMatchObject({ code: 'too_large', data: { limit: 1000 } });
    await expect(
      readInput(
        { ...deps, store: hashOnly },
        { name: 'a', content: 'x'.repeat(999), companions: [{ name: 'b', stream: 1 }] },
        { context: contextWith({ 1: ['xy'] }).context, purpose: 'kept' },
      ),
    ).rejects.toMatchObject({ code: 'too_large', data: { limit: 1000 } });

    expect([read, opened]).toEqual([[], []]);
  });

  it.each([
    ['fewer bytes than announced', { size: 4 }, { code: 'request_failed', data: { reason: 'size_mismatch' } }],
    ['more bytes than announced', { size: 2 }, { code: 'request_failed', data: { reason: 'size_mismatch' } }],
    [
      'other bytes than announced',
      { sha256: sha256('x') },
      { code: 'request_failed', data: { reason: 'sha256_mismatch' } },
    ],
  ])('refuses %s, and gives back what was written', async (_what, announced, failure) => {
    const { context } = contextWith({ 1: ['a', 'bc'] });
    const { disposed, deps } = memoryStore();

    await expect(
      readInput(deps, { name: 'a', stream: 1, ...announced }, { context, purpose: 'kept' }),
    ).rejects.toMatchObject(failure);

    expect(disposed).toEqual([0]);
  });

  it.each([
    ['has no room', { open: { kind: 'queue_full', reason: 'disk', retryAfterMs: 420 } as const }, 'queue_full'],
    ['never takes so much', { open: { kind: 'too_large', limit: 3 } as const }, 'too_large'],
    ['takes no more', { write: 'too_large' as const }, 'too_large'],
  ])('says that the store %s', async (_what, ends, code) => {
    const { context } = contextWith({ 1: ['abc'] });

    await expect(
      readInput(memoryStore(ends).deps, { name: 'a', stream: 1 }, { context, purpose: 'kept' }),
    ).rejects.toMatchObject({ code });
  });

  it.each([
    ['none', {}],
    ['two', { content: 'a', stream: 1 }],
  ])('refuses %s of the three ways to give the bytes, also of a companion', async (_what, ways) => {
    const { read, context } = contextWith({ 1: ['a'], 3: ['b'] });
    const { deps } = memoryStore();

    await expect(readInput(deps, { name: 'a', ...ways }, { context, purpose: 'kept' })).rejects.toMatchObject({
      code: 'invalid_params',
    });
    const companions = [{ name: 'b', ...ways }];
    await expect(
      readInput(deps, { name: 'a', stream: 3, companions }, { context, purpose: 'kept' }),
    ).rejects.toMatchObject({
      code: 'invalid_params',
    });
    expect(read).toEqual([]);
  });
});
