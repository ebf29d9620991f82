import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { type LogFields, type Logger, silentLogger } from '../../src/core/logger.ts';
import { openStore, type StoreConfig, type StoreDeps } from '../../src/store/open.ts';
import type { Store, StoreChange } from '../../src/store/types.ts';
import {
  converted,
  makeAttached,
  makeAttachment,
  makeInput,
  makeReport,
  makeTemporaryFolder,
} from '../support/store.ts';

const CONFIG: StoreConfig = { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 };
const DYING = new URL('../support/dying-store-worker.ts', import.meta.url);

const open = (directory: string, { maxItems = 0, ...deps }: Partial<StoreDeps> & { maxItems?: number } = {}) =>
  openStore({ directory, clock: systemClock, log: silentLogger, ...deps }, { ...CONFIG, maxItems });

async function convertNext(store: Store, n: number): Promise<void> {
  const claim = await store.claimSubmission();
  if (claim.kind !== 'claimed') throw new Error('nothing to convert');
  await store.endSubmission(claim.item.submissionId, converted(makeReport(n)));
}

describe('openStore()', () => {
  it('takes a file the whole way and still knows everything after a restart', async () => {
    using folder = makeTemporaryFolder();
    const changes: StoreChange[] = [];
    {
      await using store = await open(folder.path);
      using _subscription = store.changes.subscribe((change) => changes.push(change));
      await store.accept(makeInput());
      await convertNext(store, 1);
      const claim = await store.claimDelivery('folder', { isProbe: false });
      if (claim.kind !== 'claimed') throw new Error('nothing to deliver');
      await store.endDelivery(claim.item, { state: 'delivered', serverId: 'S1', answer: null });
    }

    await using again = await open(folder.path);

    expect(changes.map(({ changeSeq, state }) => `${changeSeq} ${state}`)).toEqual([
      '1 received',
      '2 converting',
      '3 converted',
      '4 ready',
      '5 inflight',
      '6 delivered',
    ]);
    expect(await again.stats()).toMatchObject({
      items: 0,
      submissions: { converted: 1 },
      deliveries: { delivered: 1 },
    });
  });

  it('passes attachments through its thread and a restart, byte for byte, and leaves the caller his own', async () => {
    using folder = makeTemporaryFolder();
    const large = makeAttachment(new Uint8Array(3_000_000).map((_byte, index) => index % 251));
    // A view into a pool that is shared with other buffers.
    const attachments = [large, makeAttachment(Buffer.from('a,b\n')), makeAttachment('')];
    const end = converted(makeAttached(1, attachments));
    {
      await using store = await open(folder.path);
      await store.accept(makeInput());
      const claim = await store.claimSubmission();
      if (claim.kind === 'claimed') await store.endSubmission(claim.item.submissionId, end);
    }

    await using again = await open(folder.path);
    const claim = await again.claimDelivery('folder', { isProbe: false });

    const claimed = claim.kind === 'claimed' ? claim.item.attachments : [];
    expect(claimed.map(({ sha256 }) => sha256)).toEqual(attachments.map(({ sha256 }) => sha256));
    expect(claimed.map(({ bytes }) => makeAttachment(bytes).sha256)).toEqual(claimed.map(({ sha256 }) => sha256));
    expect(attachments.map(({ bytes }) => bytes.byteLength)).toEqual([3_000_000, 4, 0]);
  });

  it('announces a change before the call that made it is answered', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    const order: string[] = [];
    using _subscription = store.changes.subscribe(({ state }) => order.push(state));

    await store.accept(makeInput()).then(() => order.push('answered'));

    expect(order).toEqual(['received', 'answered']);
  });

  it('gives a snapshot that agrees with what was announced, whatever else happens at the time', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    let received = 0;
    using _subscription = store.changes.subscribe(() => {
      received += 1;
    });

    const calls = Array.from({ length: 40 }, () => store.accept(makeInput()));
    const snapshot = await store.snapshot({ kid: null });
    await Promise.all(calls);

    expect(snapshot.submissions.received).toBe(snapshot.asOfChange);
    expect(received).toBe(40);
  });

  it('never takes in one more than the bound with 64 calls at once', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path, { maxItems: 10 });

    const outcomes = await Promise.all(Array.from({ length: 64 }, () => store.accept(makeInput())));

    expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(10);
    expect((await store.stats()).items).toBe(10);
  });

  it.each([
    [131_071, 'accepted'],
    [131_072, 'accepted'],
    [131_073, 'too_large'],
  ])('answers a file of %i bytes with %s', async (bytes, expected) => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);

    const outcome = await store
      .accept(makeInput({ body: { kind: 'inline', bytes: Buffer.alloc(bytes) } }))
      .catch((error: unknown) => error);

    expect(outcome).toMatchObject(expected === 'accepted' ? { kind: expected, bytes } : { code: expected });
  });

  it('holds deliveries to destinations that are not known any more', async () => {
    using folder = makeTemporaryFolder();
    {
      await using store = await open(folder.path);
      await store.accept(makeInput());
      await convertNext(store, 1);
    }

    await using store = await open(folder.path);
    expect(await store.holdRemoved(['wats'])).toBe(1);

    expect((await store.stats()).deliveries).toMatchObject({ ready: 0, held: 1 });
  });

  it('passes refusals on as they are', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);

    const list = store.listSubmissions({ kid: null }, { limit: 1, cursor: 'x', state: null });

    await expect(list).rejects.toMatchObject({ name: 'AirlockError', code: 'invalid_params' });
  });
});

describe('the folder', () => {
  it('is refused when its format is unknown, and nothing in it is touched', async () => {
    using folder = makeTemporaryFolder();
    await writeFile(join(folder.path, 'FORMAT'), 'airlock-queue 2\n');

    await expect(open(folder.path)).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'unknown_format' } });
    await expect(stat(join(folder.path, 'queue.db'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readFile(join(folder.path, 'FORMAT'), 'utf8')).toBe('airlock-queue 2\n');
  });

  it('is refused when there is a database without a format', async () => {
    using folder = makeTemporaryFolder();
    await writeFile(join(folder.path, 'queue.db'), '');

    await expect(open(folder.path)).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'unknown_format' } });
  });

  it('is refused when the database is none, and is free again afterwards', async () => {
    using folder = makeTemporaryFolder();
    await writeFile(join(folder.path, 'FORMAT'), 'airlock-queue 1\n');
    await writeFile(join(folder.path, 'queue.db'), 'no database at all'.repeat(100));

    await expect(open(folder.path)).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'store_failed' } });
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.skipIf(process.platform === 'win32')('is refused when others may enter it', async () => {
    using folder = makeTemporaryFolder();
    const directory = join(folder.path, 'queue');
    await mkdir(directory);
    await chmod(directory, 0o755);

    await expect(open(directory)).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'private_mode' } });
  });
});

describe('disposal', () => {
  it('finishes what was called, may happen twice, and leaves no write-ahead log', async () => {
    using folder = makeTemporaryFolder();
    const store = await open(folder.path);
    const calls = Array.from({ length: 20 }, () => store.accept(makeInput()));
    await Promise.all([store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);

    expect((await Promise.all(calls)).every(({ kind }) => kind === 'accepted')).toBe(true);
    await expect(stat(join(folder.path, 'queue.db-wal'))).rejects.toMatchObject({ code: 'ENOENT' });
    await using again = await open(folder.path);
    expect((await again.stats()).items).toBe(20);
  });

  it('makes later calls fail clearly', async () => {
    using folder = makeTemporaryFolder();
    const store = await open(folder.path);
    await store[Symbol.asyncDispose]();

    expect(await store.accept(makeInput())).toMatchObject({ kind: 'queue_full', reason: 'store_failed' });
    await expect(store.stats()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

/** A log that a test can wait on, and a clock that it moves. */
function makeWitness() {
  const bell = new EventTarget();
  const lines: LogFields[] = [];
  const error = (fields: LogFields, message: string): void => {
    lines.push({ ...fields, message });
    bell.dispatchEvent(new Event(message));
  };
  const log: Logger = { ...silentLogger, error };
  let monotonicMs = 0;
  const clock: Pick<Clock, 'nowUnixMs' | 'monotonicMs'> = { ...systemClock, monotonicMs: () => monotonicMs };
  return {
    log,
    clock,
    lines,
    heard: (message: string) => once(bell, message),
    pass: (ms: number) => (monotonicMs += ms),
  };
}

async function untilBack(store: Store): Promise<void> {
  for (;;) {
    const outcome = await store.accept(makeInput());
    if (outcome.kind === 'accepted') return;
    // Yields to the thread's messages without a timer.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a thread that dies', () => {
  it('leaves its callers with store_failed or unavailable, and is started anew from the disk', async () => {
    using folder = makeTemporaryFolder();
    const { log, clock } = makeWitness();
    await using store = await open(folder.path, { log, clock, workerUrl: DYING });
    await store.accept(makeInput());
    const claim = await store.claimSubmission();
    if (claim.kind !== 'claimed') throw new Error('nothing claimed');

    const [died, during] = await Promise.allSettled([
      store.accept(makeInput({ name: 'die' })),
      store.accept(makeInput({ name: 'die' })),
    ]);
    await untilBack(store);

    expect(died).toMatchObject({ value: { kind: 'queue_full', reason: 'store_failed' } });
    expect(during).toMatchObject({ value: { kind: 'queue_full', reason: 'store_failed' } });
    // What a loop of this process holds stays its own.
    await store.endSubmission(claim.item.submissionId, converted(makeReport(1)));
    expect(await store.stats()).toMatchObject({ submissions: { converted: 1, received: 1 } });
  });

  it('is closed too when the store is disposed while it is being started anew', async () => {
    using folder = makeTemporaryFolder();
    const { log, clock, heard } = makeWitness();
    const store = await open(folder.path, { log, clock, workerUrl: DYING });
    const failed = heard('store failed');
    await store.accept(makeInput({ name: 'die' }));
    await failed;
    await store[Symbol.asyncDispose]();

    await using again = await open(folder.path);
    expect((await again.stats()).items).toBe(0);
  });

  it('counts its changes on after the new start', async () => {
    using folder = makeTemporaryFolder();
    const { log, clock } = makeWitness();
    await using store = await open(folder.path, { log, clock, workerUrl: DYING });
    const seqs: number[] = [];
    using _subscription = store.changes.subscribe(({ changeSeq }) => seqs.push(changeSeq));
    await store.accept(makeInput());
    await store.accept(makeInput({ name: 'die' }));
    await untilBack(store);

    expect(seqs).toEqual([1, 2]);
    expect((await store.snapshot({ kid: null })).asOfChange).toBe(2);
  });

  it.each([
    [59_999, false],
    [60_000, true],
    [60_001, true],
  ])('and again %i ms later is started anew: %s; if not, the owner is told once', async (pauseMs, willRestart) => {
    using folder = makeTemporaryFolder();
    const { log, clock, lines, heard, pass } = makeWitness();
    const down: unknown[] = [];
    const onDown = (reason: unknown): void => void down.push(reason);
    await using store = await open(folder.path, { log, clock, workerUrl: DYING, onDown });
    await store.accept(makeInput({ name: 'die' }));
    await untilBack(store);
    pass(pauseMs);
    const failed = heard('store failed');
    await store.accept(makeInput({ name: 'die' }));
    await failed;

    expect(lines.at(-1)).toMatchObject({ message: 'store failed', willRestart });
    expect(down).toHaveLength(willRestart ? 0 : 1);
    if (willRestart) await untilBack(store);
    else await expect(store.stats()).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'store_failed' } });
  });
});
