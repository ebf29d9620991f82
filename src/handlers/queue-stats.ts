// Answers queue/stats.

import type { Handler } from '../protocol/handler.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { queueStats } from '../protocol/methods/queue-stats.ts';
import { toPaused } from './paused.ts';
import type { Store, StoreStats } from '../store/types.ts';

/** The queue's part of the store's counts. */
export function toQueueStats({ today: _today, pauses, ...stats }: StoreStats): ResultOf<typeof queueStats> {
  return {
    ...stats,
    paused: toPaused(pauses),
    submissions: { ...stats.submissions },
    deliveries: { ...stats.deliveries },
    bytes: { ...stats.bytes },
    disk: { ...stats.disk },
    refusals: { ...stats.refusals },
  };
}

/** Counted from the database at each call. */
export const handleQueueStats: Handler<typeof queueStats, { store: Pick<Store, 'stats'> }> = async ({ store }) =>
  toQueueStats(await store.stats());
