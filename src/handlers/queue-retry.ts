// Answers queue/retry.

import { AirlockError } from '../core/errors.ts';
import { toReportId } from '../core/ids.ts';
import type { Handler } from '../protocol/handler.ts';
import type { ParamsOf } from '../protocol/method-spec.ts';
import type { queueRetry } from '../protocol/methods/queue-retry.ts';
import type { DeliveryRef, QueueStore } from '../store/queue-types.ts';
import { inBatches } from './in-batches.ts';

type Params = ParamsOf<typeof queueRetry>;

// The schema has looked at the form: one "@", with a UUID before it.
function toRef(id: string): DeliveryRef {
  const [reportId = '', destination = ''] = id.split('@');
  return { reportId: toReportId(reportId), destination };
}

function assertOneWay({ ids, state, destination, all }: Params): void {
  const hasFilter = state !== undefined || destination !== undefined;
  const ways = [ids !== undefined, hasFilter, all !== undefined].filter(Boolean).length;
  if (ways === 1) return;
  const message = 'give ids, or state and destination, or all: exactly one of the three';
  throw new AirlockError('invalid_params', `Cannot run queue/retry: ${message}`, {
    data: { details: [{ path: [], code: 'exactly_one', message }] },
  });
}

/** @throws {AirlockError} invalid_params when it is not said, or said twice, which deliveries are meant. */
export const handleQueueRetry: Handler<typeof queueRetry, { store: Pick<QueueStore, 'retryDeliveries'> }> = async (
  { store },
  params,
  { signal, log },
) => {
  assertOneWay(params);
  const { ids, dryRun, state = null, destination = null } = params;
  const options = { isDryRun: dryRun };
  const { count, skipped } =
    ids === undefined
      ? await inBatches((after) => store.retryDeliveries({ kind: 'filter', after, state, destination }, options), {
          signal,
        })
      : await store.retryDeliveries({ kind: 'named', deliveries: ids.map(toRef) }, options);
  if (!dryRun) log.info({ count, state, destination }, 'deliveries are tried again');
  return { count, dryRun, skipped: [...skipped] };
};
