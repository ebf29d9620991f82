// Answers queue/shape.

import type { Handler } from '../protocol/handler.ts';
import type { queueShape } from '../protocol/methods/queue-shape.ts';
import type { QueueStore } from '../store/queue-types.ts';

/** Counted from the database at each call. */
export const handleQueueShape: Handler<typeof queueShape, { store: Pick<QueueStore, 'shape'> }> = async ({ store }) => {
  const { boundsMs, rows } = await store.shape();
  return { boundsMs: [...boundsMs], rows: rows.map((row) => ({ ...row, counts: [...row.counts] })) };
};
