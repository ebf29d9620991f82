// A call whose stream stalls, from the handler down to the disk.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { toKeyId } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { ANNOUNCED_MS } from '../../src/handlers/patient-stream.ts';
import { handleReportSubmit } from '../../src/handlers/report-submit.ts';
import type { CallContext } from '../../src/protocol/handler.ts';
import { openStore } from '../../src/store/open.ts';
import { makeManualClock } from '../support/manual-clock.ts';
import { makeTemporaryFolder } from '../support/store.ts';

const MIB = 1024 ** 2;

/** A call whose stream brings one piece and then nothing; `isRead` once it is waited for in vain. */
function stallingCall() {
  const isRead = Promise.withResolvers<void>();
  let count = 0;
  const read = (): Promise<Uint8Array> => {
    count += 1;
    if (count === 1) return Promise.resolve(new Uint8Array(100));
    isRead.resolve();
    return new Promise(() => undefined);
  };
  const context: CallContext = {
    caller: { kid: toKeyId('submit'), scopes: ['submit'] },
    requestId: 'r1',
    signal: new AbortController().signal,
    progress: () => undefined,
    decide: () => undefined,
    log: silentLogger,
    subscriptions: { open: () => Promise.reject(new Error('not here')), close: () => false },
    uploads: { open: () => ({ read }) },
  };
  return { context, isRead: isRead.promise };
}

describe('a submission whose stream stalls', () => {
  it('ends with a reason, and all that it held is free', async () => {
    using folder = makeTemporaryFolder();
    const clock = makeManualClock();
    await using store = await openStore(
      { directory: folder.path, clock: systemClock, log: silentLogger },
      { maxItems: 1, maxBytes: MIB, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 },
    );
    const { context, isRead } = stallingCall();
    const params = {
      name: 'a',
      stream: 1,
      size: MIB,
      priority: 5,
      idempotencyKey: '0198f3a0-0000-4000-8000-000000000002',
    };

    const ended = handleReportSubmit({ store, clock, limitBytes: MIB }, params, context).catch(
      (error: unknown) => error,
    );
    await isRead;
    const held = (await store.stats()).bytes.reserved;
    clock.advance(ANNOUNCED_MS);

    expect(await ended).toMatchObject({ code: 'request_failed', data: { reason: 'stalled' } });
    expect(held).toBe(MIB);
    expect((await store.stats()).bytes.reserved).toBe(0);
    expect(await readdir(join(folder.path, 'incoming'))).toEqual([]);
    expect(await store.openUpload({ kid: toKeyId('good'), size: MIB, maxBytes: MIB })).toMatchObject({
      kind: 'opened',
    });
  });
});
