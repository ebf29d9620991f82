// Answers queue/get.

import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import type { queueGet } from '../protocol/methods/queue-get.ts';
import type { QueueStore } from '../store/queue-types.ts';
import { toQueuedDelivery } from './rows.ts';
import { toDeliveryRef } from './select-deliveries.ts';

/** @throws {AirlockError} not_found. */
export const handleQueueGet: Handler<typeof queueGet, { store: Pick<QueueStore, 'getDelivery'> }> = async (
  { store },
  { id },
) => {
  const delivery = await store.getDelivery(toDeliveryRef(id));
  if (delivery === null) throw new AirlockError('not_found', `Cannot show delivery ${id}: there is none of that name`);
  return toQueuedDelivery(delivery);
};
