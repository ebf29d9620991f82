// Answers report/resend.

import type { Handler } from '../protocol/handler.ts';
import type { reportResend } from '../protocol/methods/report-resend.ts';
import type { QueueStore, ResendOutcome } from '../store/queue-types.ts';
import { assertConfigured } from './queue-pause.ts';
import type { StatusSources } from './status-get.ts';

/** @throws {AirlockError} not_found for a destination that is not configured. */
export const handleReportResend: Handler<
  typeof reportResend,
  { store: Pick<QueueStore, 'resendReports'>; sources: Pick<StatusSources, 'destinations'> }
> = async (deps, { destination, since, dryRun }, { signal, log }) => {
  await assertConfigured(deps, destination, { method: 'report/resend' });
  const sinceUnixMs = Date.parse(since);
  const skipped = { file_gone: 0, queue_full: 0, wrong_state: 0 };
  const sources = new Set<number>();
  let count = 0;
  for (let after: number | null = 0; after !== null; ) {
    signal.throwIfAborted();
    const batch: ResendOutcome = await deps.store.resendReports(
      { destination, sinceUnixMs, after },
      { isDryRun: dryRun },
    );
    count += batch.count;
    for (const source of batch.sources) sources.add(source);
    skipped.file_gone += batch.skipped.file_gone;
    skipped.queue_full += batch.skipped.queue_full;
    skipped.wrong_state += batch.skipped.wrong_state;
    after = batch.next;
  }
  const converting = sources.size;
  if (!dryRun) log.info({ destination, since, count, converting, skipped }, 'reports are sent once more');
  return { count, converting, dryRun, skipped };
};
