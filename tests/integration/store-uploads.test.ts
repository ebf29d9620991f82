import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { toKeyId, toSubmissionId } from '../../src/core/ids.ts';
import { type LogFields, type Logger, silentLogger } from '../../src/core/logger.ts';
import { openStore, type StoreConfig } from '../../src/store/open.ts';
import type { AcceptInput, ReceivedBody, Store, Upload, UploadInput } from '../../src/store/types.ts';
import { makeInput, makeTemporaryFolder } from '../support/store.ts';

const MIB = 1024 ** 2;
const INLINE = 128 * 1024;
const kid = toKeyId('station');

const open = (directory: string, config: Partial<StoreConfig> = {}, log: Logger = silentLogger) =>
  openStore(
    { directory, clock: systemClock, log },
    { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000, ...config },
  );

async function openOne(store: Store, input: Partial<UploadInput> = {}): Promise<Upload> {
  const outcome = await store.openUpload({ kid, size: null, maxBytes: 100 * MIB, ...input });
  if (outcome.kind !== 'opened') throw new Error(`expected opened, got ${JSON.stringify(outcome)}`);
  return outcome.upload;
}

async function fill(upload: Upload, bytes: Uint8Array, pieceBytes = 100_000): Promise<ReceivedBody> {
  for (let from = 0; from < bytes.byteLength; from += pieceBytes) {
    const outcome = await upload.write(bytes.subarray(from, from + pieceBytes));
    if (outcome.kind !== 'ok') throw new Error(`expected ok, got ${JSON.stringify(outcome)}`);
  }
  const received = await upload.finish();
  if (received.kind !== 'received') throw new Error(`expected received, got ${received.kind}`);
  return received;
}

const makeBytes = (size: number): Buffer => Buffer.alloc(size, 'airlock ');
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const toAccept = (body: AcceptInput['body'], over: Partial<AcceptInput> = {}): AcceptInput => ({
  ...makeInput(),
  body,
  ...over,
});

/** Names of all files in the folders of large bodies. */
async function listFiles(directory: string): Promise<readonly string[]> {
  const entries = await Promise.all(
    ['incoming', 'payload'].map((folder) => readdir(join(directory, folder), { recursive: true, withFileTypes: true })),
  );
  return entries.flat().flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

async function takeIn(store: Store, bytes: Uint8Array, over: Partial<AcceptInput> = {}) {
  await using upload = await openOne(store);
  return await store.accept(toAccept(await fill(upload, bytes), over));
}

describe('an upload', () => {
  it.each([
    ['one byte under the inline size', INLINE - 1, 'inline'],
    ['of the inline size', INLINE, 'inline'],
    ['one byte over the inline size', INLINE + 1, 'file'],
    ['of 20 MiB', 20 * MIB, 'file'],
  ])('%s is claimed with its bytes, also after a restart', async (_title, size, kind) => {
    using folder = makeTemporaryFolder();
    const bytes = makeBytes(size);
    {
      await using store = await open(folder.path);
      const outcome = await takeIn(store, bytes);
      expect(outcome).toMatchObject({ kind: 'accepted', bytes: size, sha256: hashOf(bytes), duplicate: false });
    }

    await using again = await open(folder.path);
    const claim = await again.claimSubmission();

    if (claim.kind !== 'claimed') throw new Error('nothing to convert');
    const { body } = claim.item;
    expect(body.kind).toBe(kind);
    expect(hashOf(body.kind === 'inline' ? body.bytes : await readFile(body.path))).toBe(hashOf(bytes));
    expect(await listFiles(folder.path)).toHaveLength(kind === 'file' ? 1 : 0);
  });

  it('that is not taken in leaves nothing and gives its room back', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { maxItems: 1, maxBytes: 2 * MIB });
    for (const isFinished of [false, true]) {
      await using upload = await openOne(store, { size: 2 * MIB });
      if (isFinished) await fill(upload, makeBytes(2 * MIB));
      else await upload.write(makeBytes(MIB));
      expect(await listFiles(folder.path)).toHaveLength(1);
    }

    expect(await listFiles(folder.path)).toEqual([]);
    expect(await store.stats()).toMatchObject({ items: 0, bytes: { submissions: 0, reserved: 0 } });
  });

  it('is limited by the bytes that its caller allows: announced, and as they come', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    await using upload = await openOne(store, { maxBytes: 1_000 });

    expect(await store.openUpload({ kid, size: 1_001, maxBytes: 1_000 })).toEqual({ kind: 'too_large', limit: 1_000 });
    expect(await upload.write(makeBytes(999))).toEqual({ kind: 'ok' });
    expect(await upload.write(makeBytes(1))).toEqual({ kind: 'ok' });
    expect(await upload.write(makeBytes(1))).toEqual({ kind: 'too_large', limit: 1_000 });
  });

  it('is readable where it lies until it is disposed, without being taken in', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    await using upload = await openOne(store);

    const { path, size } = await fill(upload, makeBytes(300_000));

    expect((await stat(path)).size).toBe(size);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is taken in with its companions, large and small, in their order', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { maxItems: 1 });
    const [main, large] = [makeBytes(200_000), makeBytes(300_000)];
    await using mainUpload = await openOne(store);
    await using companion = await openOne(store, { isCounted: false });
    const companions = [
      { name: 'b.bin', body: await fill(companion, large) },
      { name: 'a.txt', body: { kind: 'inline', bytes: Buffer.from('abc') } as const },
    ];

    const outcome = await store.accept(toAccept(await fill(mainUpload, main), { companions }));
    const claim = await store.claimSubmission();

    expect(outcome).toMatchObject({ kind: 'accepted', bytes: 200_000 });
    expect(claim).toMatchObject({
      item: {
        companions: [
          { name: 'b.bin', sha256: hashOf(large), body: { kind: 'file', size: 300_000 } },
          { name: 'a.txt', sha256: hashOf(Buffer.from('abc')), body: { kind: 'inline' } },
        ],
      },
    });
    expect(await store.stats()).toMatchObject({ bytes: { submissions: 500_003, reserved: 0 } });
  });
});

describe('an upload of 100 MiB', () => {
  it('takes a small and constant amount of memory', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    await using upload = await openOne(store);
    const piece = makeBytes(64 * 1024);
    await upload.write(piece);
    const before = process.memoryUsage.rss();
    let most = before;

    for (let n = 1; n < 1_600; n += 1) {
      expect(await upload.write(piece)).toEqual({ kind: 'ok' });
      most = Math.max(most, process.memoryUsage.rss());
    }
    const body = await upload.finish();
    const outcome = await store.accept(toAccept(body as ReceivedBody));

    expect(outcome).toMatchObject({ kind: 'accepted', bytes: 1_600 * 64 * 1024 });
    expect(most - before).toBeLessThan(48 * MIB);
  });
});

describe('an upload during which the store begins anew', () => {
  it('goes on, is taken in, and its room is counted again', async () => {
    using folder = makeTemporaryFolder();
    await using store = await openStore(
      {
        directory: folder.path,
        clock: systemClock,
        log: silentLogger,
        workerUrl: new URL('../support/dying-store-worker.ts', import.meta.url),
      },
      { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 },
    );
    await using upload = await openOne(store);
    await upload.write(makeBytes(300_000));
    const died = await store.accept(makeInput({ name: 'die' }));
    // The store answers again once its thread is there again.
    for (let isBack = false; !isBack; ) {
      // The thread is started by the event loop, which must have its turn.
      await setImmediate();
      isBack = await store.stats().then(
        () => true,
        () => false,
      );
    }

    const outcome = await store.accept(toAccept(await fill(upload, makeBytes(300_000))));

    expect(died).toMatchObject({ kind: 'queue_full', reason: 'store_failed' });
    expect(outcome).toMatchObject({ kind: 'accepted', bytes: 600_000 });
    expect(await store.stats()).toMatchObject({ items: 1, bytes: { submissions: 600_000, reserved: 0 } });
  });
});

describe('what the disk does not take', () => {
  it.each([
    ['while it is opened', 'open'],
    ['while it gets its place', 'place'],
  ])('is logged once with its cause and its upload, %s', async (_title, moment) => {
    using folder = makeTemporaryFolder();
    const lines: { readonly fields: LogFields; readonly message: string }[] = [];
    const log: Logger = { ...silentLogger, error: (fields, message) => void lines.push({ fields, message }) };
    await using store = await open(folder.path, {}, log);
    const bytes = Buffer.alloc(200_000, 'body of the unit ');
    const uploadIds: string[] = [];
    const run = async () => {
      if (moment === 'open') {
        await rename(join(folder.path, 'incoming'), join(folder.path, 'gone'));
        return await store.openUpload({ kid, size: 1, maxBytes: MIB });
      }
      await using upload = await openOne(store);
      const body = await fill(upload, bytes);
      uploadIds.push(body.uploadId);
      await rm(body.path);
      return await store.accept(toAccept(body));
    };

    expect(await run()).toMatchObject({ kind: 'queue_full', reason: 'store_failed' });

    expect(lines).toMatchObject([
      {
        fields: {
          err: { code: 'ENOENT' },
          uploadIds: moment === 'open' ? [expect.any(String)] : uploadIds,
        },
      },
    ]);
    expect(inspect(lines, { depth: null })).not.toContain('body of the unit');
  });
});

describe('bounds', () => {
  it('let 64 submitters at once take exactly what is allowed, and count every refusal', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { maxItems: 20 });

    const outcomes = await Promise.all(
      Array.from({ length: 64 }, async (_none, index) => {
        if (index % 2 === 0) return (await store.accept(makeInput())).kind;
        const opened = await store.openUpload({ kid, size: 200_000, maxBytes: MIB });
        if (opened.kind !== 'opened') return opened.kind;
        await using upload = opened.upload;
        return (await store.accept(toAccept(await fill(upload, makeBytes(200_000))))).kind;
      }),
    );

    const { items, refusals } = await store.stats();
    expect(outcomes.filter((kind) => kind === 'accepted')).toHaveLength(20);
    expect(items).toBe(20);
    expect(refusals).toEqual({ count: 44 });
  });

  it('by bytes hold for what is announced, under, at and over, and never for what could not fit at all', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { maxBytes: MIB });
    const ask = async (size: number): Promise<unknown> => {
      const outcome = await store.openUpload({ kid, size, maxBytes: 100 * MIB });
      if (outcome.kind !== 'opened') return outcome;
      await outcome.upload[Symbol.asyncDispose]();
      return outcome.kind;
    };
    await store.accept(makeInput({ text: 'x'.repeat(1_000) }));

    expect(await ask(MIB - 1_001)).toBe('opened');
    expect(await ask(MIB - 1_000)).toBe('opened');
    expect(await ask(MIB - 999)).toEqual({ kind: 'queue_full', reason: 'bytes', retryAfterMs: expect.any(Number) });
    expect(await ask(MIB + 1)).toEqual({ kind: 'too_large', limit: MIB });
    expect((await store.stats()).refusals).toEqual({ bytes: 1 });
  });

  it('hold for bytes that nobody announced, as they come', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { maxBytes: 3 * MIB });
    await using first = await openOne(store, { size: 2 * MIB });
    await using second = await openOne(store, { kid: toKeyId('other') });

    expect(await second.write(makeBytes(MIB))).toEqual({ kind: 'ok' });
    expect(await second.write(makeBytes(1))).toMatchObject({ kind: 'queue_full', reason: 'bytes' });
    await fill(first, makeBytes(2 * MIB));
  });

  it.each([
    ['under', MIB - 1, 'opened'],
    ['at', MIB, 'opened'],
    ['over', MIB + 1, 'queue_full'],
  ])('leave others half of all bytes while one key sends several files: one byte %s', async (_title, size, kind) => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { maxBytes: 4 * MIB });
    await using _first = await openOne(store, { size: MIB });

    const own = await store.openUpload({ kid, size, maxBytes: 100 * MIB });
    if (own.kind === 'opened') await own.upload[Symbol.asyncDispose]();
    await using _others = await openOne(store, { kid: toKeyId('other'), size: 3 * MIB });

    expect(own.kind).toBe(kind);
    expect((await store.stats()).refusals).toEqual(kind === 'opened' ? {} : { bytes: 1 });
  });

  it('keep the room of an upload whose file cannot be removed, and say so in the log', async () => {
    using folder = makeTemporaryFolder();
    const lines: { readonly fields: LogFields; readonly message: string }[] = [];
    const log: Logger = { ...silentLogger, error: (fields, message) => void lines.push({ fields, message }) };
    await using store = await open(folder.path, {}, log);
    const upload = await openOne(store, { size: MIB });
    const { path } = await fill(upload, makeBytes(MIB));
    await rm(path);
    await mkdir(path);

    await upload[Symbol.asyncDispose]();

    expect((await store.stats()).bytes.reserved).toBe(MIB);
    expect(lines).toMatchObject([{ message: 'a file that arrived cannot be removed' }]);
  });

  it('by free disk refuse before a byte is written', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { minFreeDisk: 2 ** 60 });

    expect(await store.openUpload({ kid, size: 1, maxBytes: MIB })).toMatchObject({ reason: 'disk' });
    expect(await store.accept(makeInput())).toMatchObject({ kind: 'queue_full', reason: 'disk' });
    expect(await listFiles(folder.path)).toEqual([]);
    expect((await store.stats()).refusals).toEqual({ disk: 2 });
  });
});

describe('an idempotency key', () => {
  it('makes a second call wait for the first that still runs, and keeps one file', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    const bytes = makeBytes(500_000);
    const over = { idempotencyKey: 'one' };

    const outcomes = await Promise.all([takeIn(store, bytes, over), takeIn(store, bytes, over)]);

    const isDuplicate = outcomes.map((outcome) => outcome.kind === 'accepted' && outcome.duplicate);
    expect(new Set(isDuplicate)).toEqual(new Set([false, true]));
    expect(await listFiles(folder.path)).toHaveLength(1);
    expect(await takeIn(store, makeBytes(500_001), over)).toMatchObject({ kind: 'conflict' });
    expect(await listFiles(folder.path)).toHaveLength(1);
  });

  it('is other content with other companions', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    const body = { kind: 'inline', bytes: Buffer.from('main') } as const;
    const companion = (text: string) => [{ name: 'a', body: { kind: 'inline', bytes: Buffer.from(text) } as const }];
    const accept = (companions: AcceptInput['companions']) =>
      store.accept(toAccept(body, { idempotencyKey: 'one', companions }));

    expect(await accept(companion('1'))).toMatchObject({ kind: 'accepted', duplicate: false });
    expect(await accept(companion('1'))).toMatchObject({ kind: 'accepted', duplicate: true });
    expect(await accept(companion('2'))).toMatchObject({ kind: 'conflict' });
    expect(await accept([])).toMatchObject({ kind: 'conflict' });
  });

  it('is free again after a refusal', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { maxItems: 1 });
    await using upload = await openOne(store);
    const refused = await store.accept(makeInput({ idempotencyKey: 'one' }));
    await upload[Symbol.asyncDispose]();

    expect(refused).toMatchObject({ kind: 'queue_full', reason: 'count' });
    expect(await store.accept(makeInput({ idempotencyKey: 'one', text: 'other' }))).toMatchObject({
      kind: 'accepted',
      duplicate: false,
    });
  });
});

describe('a start', () => {
  it('deletes what was arriving and files without a row, and nothing else', async () => {
    using folder = makeTemporaryFolder();
    {
      await using store = await open(folder.path);
      await takeIn(store, makeBytes(200_000));
    }
    const [kept] = await listFiles(folder.path);
    const [shelf = ''] = await readdir(join(folder.path, 'payload'));
    await writeFile(join(folder.path, 'incoming', 'x.part'), 'x');
    await writeFile(join(folder.path, 'payload', shelf, 'orphan.rep'), 'x');

    await using store = await open(folder.path);

    expect(await listFiles(folder.path)).toEqual([kept]);
    expect(await store.claimSubmission()).toMatchObject({ kind: 'claimed' });
  });

  it.each([
    ['is gone', (path: string) => rm(path)],
    ['is cut', (path: string) => truncate(path, 199_999)],
  ])('fails a submission whose file %s, where everybody sees it', async (_title, damage) => {
    using folder = makeTemporaryFolder();
    let id = '';
    {
      await using store = await open(folder.path);
      const outcome = await takeIn(store, makeBytes(200_000));
      if (outcome.kind === 'accepted') id = outcome.submissionId;
    }
    const [name = ''] = await listFiles(folder.path);
    const [shelf = ''] = await readdir(join(folder.path, 'payload'));
    await damage(join(folder.path, 'payload', shelf, name));

    await using store = await open(folder.path);

    expect(await store.getSubmission(toSubmissionId(id), { kid: null })).toMatchObject({
      state: 'failed',
      reason: 'file_damaged',
      failure: { code: 'io_error' },
    });
    expect(await listFiles(folder.path)).toEqual([]);
    expect(await store.stats()).toMatchObject({ items: 0, bytes: { submissions: 0 } });
    expect(await store.claimSubmission()).toMatchObject({ kind: 'none' });
  });

  it('is not needed to notice it: a claim looks as well', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    await takeIn(store, makeBytes(200_000));
    await store.accept(makeInput({ name: 'next.csv' }));
    await rm(join(folder.path, 'payload'), { recursive: true });

    expect(await store.claimSubmission()).toMatchObject({ item: { name: 'next.csv' } });
    expect(await store.stats()).toMatchObject({ submissions: { failed: 1, converting: 1 } });
  });
});
