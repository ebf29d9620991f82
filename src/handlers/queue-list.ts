// Answers queue/list.

import type { Handler } from '../protocol/handler.ts';
import type { queueList } from '../protocol/methods/queue-list.ts';
import type { QueueStore } from '../store/queue-types.ts';
import { toPage } from './page.ts';
import { toQueuedDelivery } from './rows.ts';

/** Newest first, in pages. @throws {AirlockError} invalid_params for a cursor that is not ours. */
export const handleQueueList: Handler<typeof queueList, { store: Pick<QueueStore, 'listDeliveries'> }> = async (
  { store },
  { limit, cursor, state, destination },
) => {
  const filter = { state: state ?? null, destination: destination ?? null };
  return toPage(await store.listDeliveries({ ...filter, limit, cursor: cursor ?? null }), toQueuedDelivery);
};
