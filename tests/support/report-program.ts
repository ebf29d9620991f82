// A small program that stores a large report, and stops at a named point of it; it is killed by its test.

import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openStore } from '../../src/store/open.ts';
import { converted, makeInput, makeReport } from './store.ts';

const [directory = ''] = process.argv.slice(2);
const workerUrl = new URL('./stopping-store-worker.ts', import.meta.url);

const store = await openStore(
  { directory, clock: systemClock, log: silentLogger, workerUrl },
  { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 },
);
await store.accept(makeInput());
const claim = await store.claimSubmission();
if (claim.kind !== 'claimed') throw new Error('nothing to convert');
await store.endSubmission(claim.item.submissionId, converted(makeReport(1, { body: 'x'.repeat(300_000) })));
