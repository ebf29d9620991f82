// Answers queue/retry.

import type { Handler } from '../protocol/handler.ts';
import type { queueRetry } from '../protocol/methods/queue-retry.ts';
import type { QueueStore } from '../store/queue-types.ts';
import { withDeliveries } from './select-deliveries.ts';

/** @throws {AirlockError} invalid_params when it is not said, or said twice, which deliveries are meant. */
export const handleQueueRetry: Handler<typeof queueRetry, { store: Pick<QueueStore, 'retryDeliveries'> }> = async (
  { store },
  params,
  { signal, log },
) => {
  const { dryRun, state, destination } = params;
  const act: Parameters<typeof withDeliveries>[1] = (selection) =>
    store.retryDeliveries(selection, { isDryRun: dryRun });
  const { count, skipped } = await withDeliveries({ method: 'queue/retry', params }, act, { signal });
  if (!dryRun) log.info({ count, state, destination }, 'deliveries are tried again');
  return { count, dryRun, skipped: [...skipped] };
};
