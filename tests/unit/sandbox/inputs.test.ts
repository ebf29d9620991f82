import { appendFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Body } from '../../../src/core/body.ts';
import { DATA_BYTES } from '../../../src/sandbox/channel.ts';
import { type Inputs, isUtf8Head, openInputs, type Piece } from '../../../src/sandbox/inputs.ts';
import { type JobChoice, makeJob } from '../../support/sandbox.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const { signal } = new AbortController();

/** A stored file; `size` is what was announced. */
async function store(folder: string, bytes: Uint8Array, size = bytes.length): Promise<Extract<Body, { kind: 'file' }>> {
  const file = path.join(folder, 'body');
  await writeFile(file, bytes);
  return { kind: 'file', path: file, size };
}

async function openAll(choice: JobChoice): Promise<Inputs> {
  const opening = await openInputs(makeJob('', choice), { signal });
  if (opening.kind !== 'opened') throw new Error(opening.reason);
  return opening.inputs;
}

/** Pieces up to the end or a change. */
async function readAll(inputs: Inputs, index = 0): Promise<readonly Piece[]> {
  const pieces: Piece[] = [];
  for (;;) {
    const piece = await inputs.read(index);
    pieces.push(piece);
    if (piece.kind === 'changed' || piece.bytes.length === 0) return pieces;
  }
}

const sizes = (pieces: readonly Piece[]): readonly (number | string)[] =>
  pieces.map((piece) => (piece.kind === 'piece' ? piece.bytes.length : piece.reason));

describe('openInputs()', () => {
  it.each([
    [0, [0]],
    [1, [1, 0]],
    [DATA_BYTES - 1, [DATA_BYTES - 1, 0]],
    [DATA_BYTES, [DATA_BYTES, 0]],
    [DATA_BYTES + 1, [DATA_BYTES, 1, 0]],
  ])('gives %i bytes of a file in pieces of %j, and the same of one in memory', async (size, expected) => {
    await using folder = await makeTemporaryFolder();
    const bytes = Buffer.alloc(size, 'x');
    await using fromFile = await openAll({ body: await store(folder.path, bytes) });
    await using fromMemory = await openAll({ bytes });

    expect(sizes(await readAll(fromFile))).toEqual(expected);
    expect(sizes(await readAll(fromMemory))).toEqual(expected);
  });

  it.each([
    [-1, 'Cannot read the input: the stored file holds 9 bytes, it had 10'],
    [1, 'Cannot read the input: the stored file holds more than the 10 bytes it had'],
  ])('finds a file whose size is off by %i when it looks for its encoding', async (off, reason) => {
    await using folder = await makeTemporaryFolder();
    const body = await store(folder.path, Buffer.alloc(10 + off), 10);

    expect(await openInputs(makeJob('', { body }), { signal })).toEqual({ kind: 'changed', reason });
  });

  it.each([
    ['shrinks', (file: string) => truncate(file, 4), 'the stored file holds 4 bytes, it had 10'],
    ['grows', (file: string) => appendFile(file, 'x'), 'the stored file holds more than the 10 bytes it had'],
  ])('finds a file that %s after it was opened', async (_how, change, reason) => {
    await using folder = await makeTemporaryFolder();
    const body = await store(folder.path, Buffer.alloc(10));
    await using inputs = await openAll({ body });
    await change(body.path);

    expect((await readAll(inputs)).at(-1)).toEqual({ kind: 'changed', reason: `Cannot read the input: ${reason}` });
  });

  it('names a companion that is gone', async () => {
    const gone = { name: 'b', body: { kind: 'file', path: '/nowhere/body', size: 1 }, sha256: '' } as const;

    expect(await openInputs(makeJob('', { companions: [gone] }), { signal })).toEqual({
      kind: 'changed',
      reason: 'Cannot read companion 1: the stored file is gone',
    });
  });

  it.each([
    ['é'.repeat(DATA_BYTES), true],
    [`x${'é'.repeat(DATA_BYTES)}`, true],
    [`xx${'€'.repeat(DATA_BYTES)}`, true],
    [`xxx${'😀'.repeat(DATA_BYTES)}`, true],
  ])('knows UTF-8 whose characters are cut between pieces', async (text, isUtf8) => {
    await using folder = await makeTemporaryFolder();
    await using inputs = await openAll({ body: await store(folder.path, Buffer.from(text)) });

    expect(inputs.files[0]?.isUtf8).toBe(isUtf8);
  });

  it.each([[[0xe9]], [[0x41, 0xe2, 0x82]], [[0xff, 0xfe, 0x41, 0x00]], [[0x80]]])(
    'knows that %j is no UTF-8',
    async (bytes) => {
      await using inputs = await openAll({ bytes: Uint8Array.from(bytes) });

      expect(inputs.files[0]?.isUtf8).toBe(false);
    },
  );

  it('reads nothing ahead for mode bytes, and rejects with the reason of an abort', async () => {
    await using folder = await makeTemporaryFolder();
    const body = await store(folder.path, Buffer.alloc(9), 10);
    const reason = new Error('enough');

    await using inputs = await openAll({ body, mode: 'bytes' });

    expect(inputs.files).toEqual([{ name: 'in.csv', size: 10, isUtf8: false }]);
    await expect(openInputs(makeJob('', { body }), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('isUtf8Head()', () => {
  it.each([
    ['', true],
    ['61', true],
    ['61c3', true],
    ['61e282', true],
    ['61f09f98', true],
    ['61c328', false],
    ['618080', false],
    ['e9', true],
    ['e961', false],
  ])('of %s is %j', (hex, expected) => {
    expect(isUtf8Head(Buffer.from(hex, 'hex'))).toBe(expected);
  });
});
