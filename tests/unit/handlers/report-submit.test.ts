import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toKeyId, toSubmissionId } from '../../../src/core/ids.ts';
import type { AirlockError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { handleReportSubmit } from '../../../src/handlers/report-submit.ts';
import type { CallContext } from '../../../src/protocol/handler.ts';
import { WIRE_LIMITS } from '../../../src/protocol/limits.ts';
import type { AcceptInput, AcceptOutcome, KnownAnswer } from '../../../src/store/types.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const context: CallContext = {
  caller: { kid: toKeyId('submit'), scopes: ['submit'] },
  requestId: 'r1',
  signal: new AbortController().signal,
  progress: () => undefined,
  decide: () => undefined,
  log: silentLogger,
  subscriptions: { open: () => Promise.reject(new Error('not here')), close: () => false },
  uploads: {
    open: () => {
      throw new Error('not here');
    },
  },
};
const submissionId = toSubmissionId('0198f3a0-0000-7000-8000-000000000001');
const base = { name: 'a.csv', priority: 5, idempotencyKey: '0198f3a0-0000-4000-8000-000000000002' };

function storeThat(answer: AcceptOutcome, known: KnownAnswer | null = null) {
  const taken: AcceptInput[] = [];
  return {
    taken,
    clock: makeManualClock(),
    limitBytes: 1_000_000,
    store: {
      findFirst: () => Promise.resolve(known),
      openUpload: () => Promise.reject(new Error('not here')),
      accept: (input: AcceptInput): Promise<AcceptOutcome> => {
        taken.push(input);
        return Promise.resolve(answer);
      },
    },
  };
}
const accepted = storeThat({ kind: 'accepted', submissionId, sha256: 'h', bytes: 1, duplicate: false });

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The answer that `abc` without companions was given. */
const first: KnownAnswer = {
  sha256: hashOf('abc'),
  bytes: 3,
  again: ({ sha256, companions }) =>
    sha256 === hashOf('abc') && companions.length === 0
      ? { kind: 'accepted', submissionId, sha256, bytes: 3, duplicate: true }
      : { kind: 'conflict', submissionId },
};

function contextThatStreams(text: string) {
  let count = 0;
  const read = (): Promise<Uint8Array | null> => {
    count += 1;
    return Promise.resolve(count === 1 ? Buffer.from(text) : null);
  };
  return { context: { ...context, uploads: { open: () => ({ read }) } }, reads: () => count };
}

const endOf = (call: Promise<{ readonly duplicate: boolean }>): Promise<string> =>
  call.then(
    ({ duplicate }) => (duplicate ? 'duplicate' : 'new'),
    (error: AirlockError) => error.code,
  );

describe('handleReportSubmit()', () => {
  it.each([
    ['one under the inline limit', WIRE_LIMITS.inlineBytes - 1],
    ['at the inline limit', WIRE_LIMITS.inlineBytes],
  ])('takes a body %s', async (_title, size) => {
    await expect(handleReportSubmit(accepted, { ...base, content: 'x'.repeat(size) }, context)).resolves.toMatchObject({
      submissionId,
    });
    await expect(
      handleReportSubmit(accepted, { ...base, contentBase64: Buffer.alloc(size).toString('base64') }, context),
    ).resolves.toMatchObject({ submissionId });
  });

  it('stores nothing for a call that was cancelled while its file was read', async () => {
    const store = storeThat({ kind: 'accepted', submissionId, sha256: 'h', bytes: 1, duplicate: false });
    const decide = (): void => {
      throw new Error('cancelled');
    };

    await expect(handleReportSubmit(store, { ...base, content: 'x' }, { ...context, decide })).rejects.toThrow(
      'cancelled',
    );
    expect(store.taken).toEqual([]);
  });

  it('refuses a body one over the inline limit, counted in bytes and not in characters', async () => {
    const over = 'ä'.repeat(WIRE_LIMITS.inlineBytes / 2 + 1);

    await expect(handleReportSubmit(accepted, { ...base, content: over }, context)).rejects.toMatchObject({
      code: 'too_large',
      data: { limit: 131_072 },
    });
  });

  it('says of a file that is larger than the whole queue how large one may be', async () => {
    const store = storeThat({ kind: 'too_large', limit: 3 });

    await expect(handleReportSubmit(store, { ...base, content: 'abcd' }, context)).rejects.toMatchObject({
      code: 'too_large',
      data: { limit: 3 },
    });
  });

  it('refuses both contents and none', async () => {
    await expect(handleReportSubmit(accepted, base, context)).rejects.toMatchObject({ code: 'invalid_params' });
    await expect(
      handleReportSubmit(accepted, { ...base, content: 'a', contentBase64: 'YQ==' }, context),
    ).rejects.toMatchObject({ code: 'invalid_params' });
  });

  it('checks the size and the hash that were announced', async () => {
    const sha256 = createHash('sha256').update('abc').digest('hex');

    await expect(
      handleReportSubmit(accepted, { ...base, content: 'abc', size: 3, sha256 }, context),
    ).resolves.toMatchObject({ submissionId });
    await expect(handleReportSubmit(accepted, { ...base, content: 'abc', size: 4 }, context)).rejects.toMatchObject({
      code: 'request_failed',
      data: { reason: 'size_mismatch' },
    });
    await expect(handleReportSubmit(accepted, { ...base, content: 'abd', sha256 }, context)).rejects.toMatchObject({
      code: 'request_failed',
      data: { reason: 'sha256_mismatch' },
    });
  });

  it('hands the store the key of the caller, the bytes and the wishes', async () => {
    const deps = storeThat({ kind: 'accepted', submissionId, sha256: 'h', bytes: 3, duplicate: false });

    await handleReportSubmit(
      deps,
      { ...base, content: 'abc', converter: 'x', arguments: { a: 1 }, group: 'g', priority: 1 },
      context,
    );

    expect(deps.taken).toEqual([
      {
        kid: 'submit',
        idempotencyKey: base.idempotencyKey,
        name: 'a.csv',
        body: { kind: 'inline', bytes: new TextEncoder().encode('abc') },
        companions: [],
        origin: null,
        converter: 'x',
        arguments: { a: 1 },
        priority: 1,
        group: 'g',
      },
    ]);
  });

  it.each([
    ['with its hash, without its bytes', { sha256: hashOf('abc') }, 'duplicate', 0],
    ['with its bytes', {}, 'duplicate', 2],
    ['with a size that is not its own', { sha256: hashOf('abc'), size: 4 }, 'request_failed', 2],
    ['with another companion', { companions: [{ name: 'b', content: 'x' }] }, 'conflict', 2],
  ])(
    'answers a streamed call that is repeated %s, although there is no room',
    async (_title, params, expected, readCount) => {
      const store = storeThat({ kind: 'queue_full', reason: 'count', retryAfterMs: 420 }, first);
      const { context: streamed, reads } = contextThatStreams('abc');

      expect(await endOf(handleReportSubmit(store, { ...base, stream: 1, ...params }, streamed))).toBe(expected);

      expect(reads()).toBe(readCount);
      expect(store.taken).toEqual([]);
    },
  );

  it('answers conflict for a streamed call that is repeated with other bytes, although there is no room', async () => {
    const store = storeThat({ kind: 'queue_full', reason: 'count', retryAfterMs: 420 }, first);

    const call = handleReportSubmit(store, { ...base, stream: 1 }, contextThatStreams('abd').context);

    expect(await endOf(call)).toBe('conflict');
  });

  it('turns a full queue and a conflict into their errors', async () => {
    const full = storeThat({ kind: 'queue_full', reason: 'count', retryAfterMs: 420 });
    const conflict = storeThat({ kind: 'conflict', submissionId });

    await expect(handleReportSubmit(full, { ...base, content: 'a' }, context)).rejects.toMatchObject({
      code: 'queue_full',
      data: { reason: 'count', retryAfterMs: 420 },
    });
    await expect(handleReportSubmit(conflict, { ...base, content: 'a' }, context)).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});
