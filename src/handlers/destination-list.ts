// Answers destination/list.

import type { Handler } from '../protocol/handler.ts';
import type { destinationList } from '../protocol/methods/destination-list.ts';
import type { QueueStore } from '../store/queue-types.ts';
import type { StatusSources } from './status-get.ts';

/** Configured ones first, then those that are gone but for which something is still held. */
export const handleDestinationList: Handler<
  typeof destinationList,
  { store: Pick<QueueStore, 'countByDestination'>; sources: Pick<StatusSources, 'destinations'> }
> = async ({ store, sources }) => {
  const [configured, counts] = await Promise.all([sources.destinations(), store.countByDestination()]);
  const removed = Object.keys(counts).filter(
    (name) =>
      configured.every((known) => known.name !== name) &&
      Object.keys(counts[name] ?? {}).some((state) => state !== 'delivered'),
  );
  const gone = { type: null, state: 'removed', reason: 'destination_removed', since: null, nextTryAt: null } as const;
  return {
    items: [...configured, ...removed.toSorted().map((name) => ({ name, ...gone }))].map((destination) => ({
      ...destination,
      deliveries: { ...counts[destination.name] },
    })),
  };
};
