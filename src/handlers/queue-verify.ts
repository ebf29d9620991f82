// Answers queue/verify.

import type { Handler } from '../protocol/handler.ts';
import type { queueVerify } from '../protocol/methods/queue-verify.ts';
import type { QueueStore } from '../store/queue-types.ts';
import type { Store } from '../store/types.ts';

/** Rejects with the call's abort reason. */
export const handleQueueVerify: Handler<
  typeof queueVerify,
  { store: Pick<QueueStore, 'verify'> & Pick<Store, 'stats'> }
> = async ({ store }, _params, { signal, progress, log }) => {
  const { bytes } = await store.stats();
  const total = Math.max(1, bytes.submissions + bytes.reports);
  const outcome = await store.verify({
    signal,
    onProgress: (sofar) =>
      progress({
        message: `${sofar.checked} bodies checked, ${sofar.damagedCount} damaged`,
        percentage: Math.min(100, Math.floor((sofar.bytes * 100) / total)),
      }),
  });
  if (outcome.damagedCount > 0) log.error({ ...outcome }, 'stored bodies are missing or damaged');
  return { ...outcome, damaged: outcome.damaged.map((body) => ({ ...body })) };
};
