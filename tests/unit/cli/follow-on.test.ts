import { describe, expect, it } from 'vitest';
import type { NewestSubmissions } from '../../../src/cli/submit/follow.ts';
import { type FollowClient, followOn } from '../../../src/cli/submit/follow-on.ts';
import { AirlockError } from '../../../src/core/errors.ts';

const lost = new AirlockError('unavailable', 'Cannot reach airlock: lost', { data: { reason: 'connection_lost' } });
const refused = new AirlockError('forbidden', 'Cannot subscribe: the key lacks a scope');
const signal = new AbortController().signal;

/** A connection whose first look fails, or finds the one submission in this state. */
function clientThat(outcome: AirlockError | 'skipped' | 'received'): FollowClient {
  const events = {
    snapshot: {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
    async *[Symbol.asyncIterator]() {
      yield await Promise.reject(lost);
    },
  };
  const client = {
    subscribe: () => Promise.resolve(events),
    call: () =>
      outcome instanceof AirlockError
        ? Promise.reject(outcome)
        : Promise.resolve({ items: [{ submissionId: 's', state: outcome, reports: [] }] }),
  };
  // Only what following looks at is there.
  return client as unknown as FollowClient;
}

describe('followOn()', () => {
  it('goes on with the next connection, and ends with what that one says', async () => {
    const newest: NewestSubmissions = new Map();
    const next = [clientThat(lost), clientThat('skipped')];

    const reconnect = () => Promise.resolve(next.shift() ?? clientThat(refused));
    await followOn({ client: clientThat('received'), reconnect }, ['s'], { signal, newest });

    expect(newest.get('s')?.state).toBe('skipped');
    expect(next).toEqual([]);
  });

  it('fails with why there is no next connection, and keeps what was seen', async () => {
    const newest: NewestSubmissions = new Map();
    const late = new AirlockError('deadline_exceeded', 'Cannot connect: nobody answered within 1 ms');

    const link = { client: clientThat('received'), reconnect: () => Promise.reject(late) };
    await expect(followOn(link, ['s'], { signal, newest })).rejects.toBe(late);

    expect(newest.get('s')?.state).toBe('received');
  });

  it('connects anew for a lost connection only', async () => {
    const link = { client: clientThat(refused), reconnect: () => Promise.reject(new Error('not here')) };

    await expect(followOn(link, ['s'], { signal, newest: new Map() })).rejects.toBe(refused);
  });
});
