// Answers queue/hold, queue/release and queue/delete: the same call with three ends.

import type { Handler } from '../protocol/handler.ts';
import type { queueDelete } from '../protocol/methods/queue-delete.ts';
import type { queueHold } from '../protocol/methods/queue-hold.ts';
import type { queueRelease } from '../protocol/methods/queue-release.ts';
import type { HandAction, QueueStore } from '../store/queue-types.ts';
import { withDeliveries } from './select-deliveries.ts';

type Spec = typeof queueHold | typeof queueRelease | typeof queueDelete;

/**
 * Make the handler of one of the three.
 *
 * @param action - What is done with each delivery that is meant.
 * @returns Throws AirlockError `invalid_params` when it is not said, or said twice, which deliveries are meant.
 */
export function makeQueueByHand(action: HandAction): Handler<Spec, { store: Pick<QueueStore, 'handDeliveries'> }> {
  return async ({ store }, params, { signal, log }) => {
    const { dryRun, state, destination } = params;
    const act: Parameters<typeof withDeliveries>[1] = (selection) =>
      store.handDeliveries(selection, { action, isDryRun: dryRun });
    const { count, skipped } = await withDeliveries({ method: `queue/${action}`, params }, act, { signal });
    if (!dryRun) log.info({ count, action, state, destination }, 'deliveries were changed by hand');
    return { count, dryRun, skipped: [...skipped] };
  };
}
