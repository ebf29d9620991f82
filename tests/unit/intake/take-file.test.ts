import { createHash } from 'node:crypto';
import { appendFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INLINE_BODY_BYTES } from '../../../src/core/body.ts';
import { toSubmissionId } from '../../../src/core/ids.ts';
import { lookAt } from '../../../src/intake/look-at.ts';
import { type TakeDeps, type TakeInput, folderOfKid, kidOfFolder, takeFile } from '../../../src/intake/take-file.ts';
import type { AcceptInput, AcceptOutcome, UploadOutcome } from '../../../src/store/types.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const submissionId = toSubmissionId('s-1');
const { signal } = new AbortController();

type Fake = TakeDeps & { readonly accepted: AcceptInput[]; readonly pieces: Uint8Array[]; disposed: number };

/** A store that takes everything, unless told otherwise. */
function makeStore({
  accept,
  onWrite,
}: {
  readonly accept?: AcceptOutcome;
  readonly onWrite?: () => Promise<void>;
} = {}): Fake {
  const fake: Fake = {
    accepted: [],
    pieces: [],
    disposed: 0,
    store: {
      accept: async (input) => {
        // An upload that is disposed before it is accepted is gone.
        if (fake.disposed > 0) throw new Error('the upload is gone');
        fake.accepted.push(input);
        return accept ?? { kind: 'accepted', submissionId, sha256: '', bytes: 0, duplicate: false };
      },
      openUpload: async (): Promise<UploadOutcome> => ({
        kind: 'opened',
        upload: {
          write: async (piece) => {
            fake.pieces.push(piece);
            await onWrite?.();
            return { kind: 'ok' };
          },
          finish: async () => ({ kind: 'received', size: 0, sha256: 'h', path: 'p', uploadId: 'u' }),
          [Symbol.asyncDispose]: async () => void (fake.disposed += 1),
        },
      }),
    },
  };
  return fake;
}

async function inputFor(root: string, path: string, more: Partial<TakeInput> = {}): Promise<TakeInput> {
  const found = await lookAt(root, path);
  const identity = found.kind === 'file' ? found.identity : 'none';
  const origin = { folder: 'ict', path, identity };
  return { root, origin, maxBytes: 10 * 1024 ** 2, converter: null, arguments: {}, priority: 5, ...more };
}

describe('takeFile()', () => {
  it('hands a small file over inline, with where it was found', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a.csv'), 'a;b');
    const fake = makeStore();
    const input = await inputFor(folder.path, 'a.csv', { converter: 'csv', priority: 1 });

    const outcome = await takeFile(fake, input, { signal });

    expect(outcome).toEqual({ kind: 'taken', submissionId, duplicate: false });
    expect(fake.accepted).toEqual([
      expect.objectContaining({
        kid: 'folder:ict',
        name: 'a.csv',
        body: { kind: 'inline', bytes: new Uint8Array(Buffer.from('a;b')) },
        origin: input.origin,
        converter: 'csv',
        priority: 1,
      }),
    ]);
  });

  it.each([
    [INLINE_BODY_BYTES - 1, 0],
    [INLINE_BODY_BYTES, 0],
    [INLINE_BODY_BYTES + 1, 1],
  ])('streams %d bytes through %d upload, kept until it is accepted', async (size, uploads) => {
    await using folder = await makeTemporaryFolder();
    const bytes = Buffer.alloc(size, 'x');
    await writeFile(join(folder.path, 'a.bin'), bytes);
    const fake = makeStore();

    const outcome = await takeFile(fake, await inputFor(folder.path, 'a.bin'), { signal });

    expect([outcome.kind, fake.accepted.length, fake.disposed]).toEqual(['taken', 1, uploads]);
    const hash = (all: Buffer) => createHash('sha256').update(all).digest('hex');
    if (uploads > 0) expect(hash(Buffer.concat(fake.pieces))).toBe(hash(bytes));
  });

  it.each([
    [2, 'too_large'],
    [3, 'taken'],
    [4, 'taken'],
  ])('with at most %d of 3 bytes gives %s', async (maxBytes, kind) => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), 'abc');

    expect(await takeFile(makeStore(), await inputFor(folder.path, 'a', { maxBytes }), { signal })).toMatchObject({
      kind,
    });
  });

  it('takes nothing that was written to after it settled, or while it is read', async () => {
    await using folder = await makeTemporaryFolder();
    const path = join(folder.path, 'a');
    await writeFile(path, Buffer.alloc(INLINE_BODY_BYTES + 1));
    const before = await inputFor(folder.path, 'a');
    const growing = makeStore({ onWrite: () => appendFile(path, 'more') });

    const whileRead = await takeFile(growing, before, { signal });
    const after = await takeFile(makeStore(), before, { signal });

    expect([whileRead.kind, after.kind, growing.accepted.length, growing.disposed]).toEqual([
      'changed',
      'changed',
      0,
      1,
    ]);
  });

  it('says gone for a file that is away, and never follows a link that took its place', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), 'abc');
    const input = await inputFor(folder.path, 'a');
    await rename(join(folder.path, 'a'), join(folder.path, 'b'));
    const gone = await takeFile(makeStore(), input, { signal });
    await symlink(join(folder.path, 'b'), join(folder.path, 'a'));

    const linked = await takeFile(makeStore(), input, { signal });
    await rm(join(folder.path, 'a'));

    expect([gone.kind, linked.kind]).toEqual(['gone', 'changed']);
  });

  it('says that a file is larger than the whole queue', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), 'abc');
    const store = makeStore({ accept: { kind: 'too_large', limit: 2 } });

    expect(await takeFile(store, await inputFor(folder.path, 'a'), { signal })).toEqual({
      kind: 'too_large',
      size: 3,
      limit: 2,
    });
  });

  it('passes on that the queue is full', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), 'abc');
    const accept = { kind: 'queue_full', reason: 'bytes', retryAfterMs: 420 } as const;

    expect(await takeFile(makeStore({ accept }), await inputFor(folder.path, 'a'), { signal })).toEqual(accept);
  });

  it('gives up with the reason of its signal', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'a'), 'abc');
    const reason = new Error('stopping');

    const taking = takeFile(makeStore(), await inputFor(folder.path, 'a'), { signal: AbortSignal.abort(reason) });

    await expect(taking).rejects.toBe(reason);
  });
});

describe('folderOfKid()', () => {
  it('reads the folder back, and none from a key of a program', () => {
    const { kid } = { kid: kidOfFolder('ict') };

    expect([folderOfKid(kid), kid.includes(':')]).toEqual(['ict', true]);
  });
});
