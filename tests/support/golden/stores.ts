// The stores behind the golden server: real ones, shared by transcripts, because starting one takes longer than most of them.

import { join } from 'node:path';
import { configSchema } from '../../../src/config/schema/root.ts';
import { toReportId } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/types.ts';
import { makeManualClock } from '../manual-clock.ts';
import { converted, makeInput, makeReport } from '../store.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { LARGE_REPORT_ID } from './transcript.ts';

/** Stores by the number of items that they take; 0 = any. */
export type GoldenStores = AsyncDisposable & { readonly get: (maxItems: number) => Promise<Store> };

/** What each holds from the start: one submission that became one report, whose answer is just over 128 KiB. */
async function addLargeReport(store: Store): Promise<void> {
  await store.accept(makeInput({ name: 'large.csv' }));
  const claim = await store.claimSubmission();
  if (claim.kind !== 'claimed') throw new Error('Cannot make the golden report: nothing to convert');
  const body = JSON.stringify({ schema: 'airlock.report/1', text: 'µ'.repeat(66_000) });
  const report = makeReport(1, { reportId: toReportId(LARGE_REPORT_ID), body, destinations: ['wats'] });
  await store.endSubmission(claim.item.submissionId, converted(report));
}

async function openOne(stack: AsyncDisposableStack, maxItems: number): Promise<Store> {
  const folder = stack.use(await makeTemporaryFolder());
  const { queue, ipc } = configSchema.parse({ version: 2 });
  const store = stack.use(
    await openStore(
      { directory: join(folder.path, 'queue'), clock: makeManualClock(), log: silentLogger },
      // What the machine has left of its disk is no part of a transcript.
      { maxItems, receipts: queue.receipts, idempotencyMs: ipc.idempotency },
    ),
  );
  await addLargeReport(store);
  return store;
}

/** Make the stores; each is opened when it is asked for first. Disposal closes and removes them. */
export function makeGoldenStores(): GoldenStores {
  const stack = new AsyncDisposableStack();
  const opened = new Map<number, Promise<Store>>();
  return {
    get: (maxItems) => {
      const store = opened.get(maxItems) ?? openOne(stack, maxItems);
      opened.set(maxItems, store);
      return store;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
