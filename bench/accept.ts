// How many 2 KB submissions a second the store acknowledges, one and 64 at a time, beside a raw append of the same bytes that is
// fdatasync'd each time (one at a time) or by groups (64 at a time). The limit is taken just before and just after, in this process.

import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { systemClock } from '../src/core/clock.ts';
import { toKeyId } from '../src/core/ids.ts';
import { openStore } from '../src/store/open.ts';
import type { Store } from '../src/store/types.ts';
import { report } from './support.ts';

const BYTES = 2_000;
const RUNS = [
  { producers: 1, count: 1_000 },
  { producers: 64, count: 12_800 },
] as const;
const MIB = 1024 ** 2;

async function appendAll(folder: string, count: number): Promise<number> {
  await using handle = await open(path.join(folder, `limit-${randomUUID()}`), 'wx');
  const bytes = randomBytes(BYTES);
  const started = performance.now();
  for (let index = 0; index < count; index += 1) {
    await handle.write(bytes);
    await handle.datasync();
  }
  return count / ((performance.now() - started) / 1_000);
}

async function acceptSome(store: Store, count: number): Promise<void> {
  const bytes = randomBytes(BYTES);
  for (let index = 0; index < count; index += 1) {
    const outcome = await store.accept({
      kid: toKeyId('bench'),
      idempotencyKey: randomUUID(),
      name: 'bench.csv',
      body: { kind: 'inline', bytes },
      companions: [],
      origin: null,
      converter: null,
      arguments: {},
      priority: 5,
      group: null,
    });
    if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  }
}

async function measure(store: Store, folder: string, { producers, count }: (typeof RUNS)[number]): Promise<void> {
  const before = await appendAll(folder, 500);
  const started = performance.now();
  await Promise.all(Array.from({ length: producers }, () => acceptSome(store, count / producers)));
  const measured = count / ((performance.now() - started) / 1_000);
  const after = await appendAll(folder, 500);
  report(`2 KB submissions acknowledged, ${producers} at a time`, {
    measured,
    limit: (before + after) / 2,
    unit: '/s',
    limitIs: 'append of 2,000 bytes to one file, each with its own fdatasync',
  });
}

const folder = await mkdtemp(path.join(tmpdir(), 'airlock-bench-accept-'));
try {
  await using store = await openStore(
    { directory: path.join(folder, 'queue'), clock: systemClock, log: pino({ level: 'silent' }) },
    {
      maxItems: 0,
      maxBytes: 0,
      minFreeDisk: 64 * MIB,
      ballast: 16 * MIB,
      receipts: { keep: 30 * 86_400_000, count: 100_000 },
      idempotencyMs: 86_400_000,
    },
  );
  await acceptSome(store, 200);
  for (const run of RUNS) await measure(store, folder, run);
} finally {
  await rm(folder, { recursive: true, force: true });
}
