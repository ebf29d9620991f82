// Answers queue/compact: step after step, so that nobody waits for it.

import type { Handler } from '../protocol/handler.ts';
import type { queueCompact } from '../protocol/methods/queue-compact.ts';
import type { QueueStore } from '../store/queue-types.ts';

/** Rejects with the call's abort reason; what is freed by then stays so. */
export const handleQueueCompact: Handler<typeof queueCompact, { store: Pick<QueueStore, 'compactStep'> }> = async (
  { store },
  _params,
  { signal, progress, log },
) => {
  let freedBytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const step = await store.compactStep();
    freedBytes += step.freedBytes;
    progress({ message: `${freedBytes} bytes given back` });
    if (step.hasMore) continue;
    log.info({ freedBytes, fileBytes: step.fileBytes }, 'the database was compacted');
    return { freedBytes, fileBytes: step.fileBytes };
  }
};
