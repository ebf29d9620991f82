import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { toKeyId } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/types.ts';
import { CAN_MOUNT, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { converted, makeInput, makeReport } from '../support/store.ts';

const MIB = 1024 ** 2;
const FLOOR = 2 * MIB;
const kid = toKeyId('station');

const open = ({ path }: SmallDisk, minFreeDisk = FLOOR) =>
  openStore(
    { directory: join(path, 'queue'), clock: systemClock, log: silentLogger },
    {
      maxItems: 0,
      receipts: { keep: 86_400_000, count: 1_000 },
      idempotencyMs: 86_400_000,
      minFreeDisk,
      ballast: MIB,
    },
  );

async function addReports(store: Store, count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    await store.accept(makeInput());
    const claim = await store.claimSubmission();
    if (claim.kind !== 'claimed') throw new Error('nothing to convert');
    await store.endSubmission(claim.item.submissionId, converted(makeReport(n, { body: 'x'.repeat(20_000) })));
  }
}

/** Deliver everything; gives how many were. */
async function deliverAll(store: Store, onEach: () => void = () => undefined): Promise<number> {
  for (let count = 0; ; count += 1) {
    const claim = await store.claimDelivery('folder', { isProbe: false });
    if (claim.kind === 'none') return count;
    await store.endDelivery(claim.item, { state: 'delivered', serverId: null, answer: null });
    onEach();
  }
}

/** A quiet moment: a claim that finds nothing. Answered before the store tidies up; the second call waits for that. */
async function rest(store: Store): Promise<void> {
  await store.claimSubmission();
  await store.stats();
}

describe.skipIf(!CAN_MOUNT)('a disk of 16 MiB (needs root to mount one)', () => {
  it('refuses one byte below the floor, and takes in at it', async () => {
    using disk = mountSmallDisk(16);
    await using store = await open(disk);
    await rest(store);
    const ask = async (size: number) => {
      const outcome = await store.openUpload({ kid, size, maxBytes: 100 * MIB });
      if (outcome.kind === 'opened') await outcome.upload[Symbol.asyncDispose]();
      return outcome.kind === 'queue_full' ? outcome.reason : outcome.kind;
    };
    const room = disk.freeBytes() - FLOOR;

    expect([await ask(room - 1), await ask(room), await ask(room + 1)]).toEqual(['opened', 'opened', 'disk']);
  });

  it('that is full takes nothing in, gives up the ballast, drains, and is as before once there is room', async () => {
    using disk = mountSmallDisk(16);
    await using store = await open(disk);
    await addReports(store, 40);
    await rest(store);
    const ballast = join(disk.path, 'queue', 'ballast');
    expect(statSync(ballast).size).toBe(MIB);
    disk.fillUntil(0);

    expect(await store.accept(makeInput())).toMatchObject({ kind: 'queue_full', reason: 'disk' });
    expect(await store.openUpload({ kid, size: 1, maxBytes: MIB })).toMatchObject({ reason: 'disk' });
    let isGivenUp = false;
    const look = (): void => {
      isGivenUp ||= !existsSync(ballast);
    };
    expect(await deliverAll(store, look)).toBe(40);
    expect(isGivenUp).toBe(true);
    expect(await store.stats()).toMatchObject({ items: 0, refusals: { disk: 2 } });

    disk.drain();
    await rest(store);
    expect(await store.accept(makeInput())).toMatchObject({ kind: 'accepted' });
    expect(await store.stats()).toMatchObject({ disk: { ballast: 'ready' } });
  });

  it('that fills up without a floor refuses each file whole, loses none it took, and still drains', async () => {
    using disk = mountSmallDisk(16);
    await using store = await open(disk, 0);
    await addReports(store, 10);
    await rest(store);
    disk.fillUntil(600_000);
    let accepted = 0;
    for (;;) {
      const outcome = await store.accept(makeInput({ text: 'x'.repeat(100_000) }));
      if (outcome.kind === 'queue_full') break;
      accepted += 1;
    }

    expect((await store.stats()).submissions.received).toBe(accepted);
    expect(await deliverAll(store)).toBe(10);
    for (let n = 0; n < accepted; n += 1) {
      const claim = await store.claimSubmission();
      if (claim.kind !== 'claimed') throw new Error('one was lost');
      await store.endSubmission(claim.item.submissionId, converted());
    }
    expect(await store.stats()).toMatchObject({ items: 0 });
  });

  it('that fills up while a body arrives ends the upload with a refusal, and leaves nothing', async () => {
    using disk = mountSmallDisk(16);
    await using store = await open(disk, 0);
    await using upload = await openBig(store);
    const piece = Buffer.alloc(MIB, 1);
    let outcome = await upload.write(piece);
    disk.fillUntil(500_000);

    while (outcome.kind === 'ok') outcome = await upload.write(piece);
    await upload[Symbol.asyncDispose]();

    expect(outcome).toMatchObject({ kind: 'queue_full', reason: 'disk', retryAfterMs: expect.any(Number) });
    expect(disk.freeBytes()).toBeGreaterThan(MIB);
    expect((await store.stats()).refusals).toEqual({ disk: 1 });
  });

  it('that is full at the start gives up the ballast first, and opens', async () => {
    using disk = mountSmallDisk(16);
    {
      await using store = await open(disk);
      await addReports(store, 5);
      await rest(store);
    }
    disk.fillUntil(0);

    await using store = await open(disk);

    expect(await store.stats()).toMatchObject({ deliveries: { ready: 5 }, disk: { ballast: 'spent' } });
    expect(await deliverAll(store)).toBe(5);
  });
});

async function openBig(store: Store) {
  const outcome = await store.openUpload({ kid, size: null, maxBytes: 100 * MIB });
  if (outcome.kind !== 'opened') throw new Error(outcome.kind);
  return outcome.upload;
}
