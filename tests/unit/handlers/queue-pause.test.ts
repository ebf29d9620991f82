import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import {
  handleDestinationHold,
  handleDestinationRelease,
  handleQueuePause,
  handleQueueResume,
} from '../../../src/handlers/queue-pause.ts';
import type { CallContext } from '../../../src/protocol/handler.ts';

/** A call that was cancelled while the destinations were looked up. */
function makeCancelled() {
  const done: string[] = [];
  const note = (what: string) => {
    done.push(what);
    return Promise.resolve(true);
  };
  const deps = {
    store: {
      pause: () => note('pause'),
      resume: () => note('resume'),
      pauses: () => Promise.resolve([{ destination: 'folder', sinceUnixMs: 0 }]),
      retryDeliveries: () => Promise.reject(new Error('Cannot retry: unused')),
    },
    sources: { destinations: () => Promise.resolve([]) },
    delivery: { lift: () => Promise.reject(new Error('Cannot lift: unused')) },
  };
  const decide = () => {
    throw new Error('cancelled');
  };
  // All that the handlers look at.
  const context = { signal: AbortSignal.abort(), log: silentLogger, decide } as unknown as CallContext;
  return { deps, context, done };
}

describe('a call that was cancelled before it was decided', () => {
  it('pauses and resumes nothing', async () => {
    const { deps, context, done } = makeCancelled();

    await expect(handleQueuePause(deps, {}, context)).rejects.toThrow('cancelled');
    await expect(handleQueueResume(deps, {}, context)).rejects.toThrow('cancelled');
    await expect(handleDestinationRelease(deps, { name: 'folder' }, context)).rejects.toThrow('cancelled');

    expect(done).toEqual([]);
  });

  it('is told first that its destination is not there', async () => {
    const { deps, context } = makeCancelled();

    await expect(handleDestinationHold(deps, { name: 'other' }, context)).rejects.toMatchObject({ code: 'not_found' });
  });
});
