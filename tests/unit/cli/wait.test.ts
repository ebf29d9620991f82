import { describe, expect, it } from 'vitest';
import { waitDrained } from '../../../src/cli/commands/wait.ts';
import type { Client } from '../../../src/client/client.ts';

type Stats = {
  readonly submissions: Record<string, number>;
  readonly deliveries: Record<string, number>;
  readonly paused?: { readonly since: string | null };
  /** State of the one destination. */
  readonly destination?: string;
};
type WaitClient = Pick<Client, 'call' | 'subscribe'>;

const input = { until: 'drained', timeoutMs: 1000 } as const;
const idle: Stats = { submissions: { converted: 3, waiting: 1, suspended: 1 }, deliveries: { delivered: 2, held: 1 } };

/** A daemon that answers `queue/stats` with these, one after the other, and announces one change after each but the last. */
function makeClient(answers: readonly Stats[]) {
  const left = [...answers];
  let isDisposed = false;
  const ended = Promise.withResolvers<void>();
  const asks = answers.map(() => Promise.withResolvers<void>());
  const subscription = {
    snapshot: {},
    async *[Symbol.asyncIterator]() {
      for (const ask of asks.slice(0, -1)) {
        await ask.promise;
        yield {};
      }
      await ended.promise;
    },
    [Symbol.asyncDispose]: async () => {
      isDisposed = true;
      ended.resolve();
    },
  };
  let last = idle;
  const client = {
    call: async (method: string) => {
      const { deliveries, destination: state = 'up' } = last;
      if (method === 'destination/list') return { items: [{ name: 'folder', state, deliveries }] };
      asks[answers.length - left.length]?.resolve();
      last = left.shift() ?? idle;
      return { paused: { since: null }, ...last };
    },
    subscribe: async () => subscription,
  };
  // Only what waitDrained() looks at is there.
  return {
    client: client as unknown as WaitClient,
    asked: () => answers.length - left.length,
    isDisposed: () => isDisposed,
  };
}

describe('waitDrained()', () => {
  it('comes back at once when nothing moves by itself, whatever waits for a person', async () => {
    const daemon = makeClient([idle]);

    await waitDrained(daemon.client, input, { signal: new AbortController().signal });

    expect({ asked: daemon.asked(), isDisposed: daemon.isDisposed() }).toEqual({ asked: 1, isDisposed: true });
  });

  it.each([
    { submissions: { receiving: 1 }, deliveries: {} },
    { submissions: { received: 1 }, deliveries: {} },
    { submissions: { converting: 1 }, deliveries: {} },
    { submissions: {}, deliveries: { ready: 1 } },
    { submissions: {}, deliveries: { inflight: 1 } },
    { submissions: {}, deliveries: { deferred: 1 } },
  ])('waits while there is $submissions $deliveries, and asks again at each change', async (busy) => {
    const daemon = makeClient([busy, busy, idle]);

    await waitDrained(daemon.client, input, { signal: new AbortController().signal });

    expect(daemon.asked()).toBe(3);
  });

  it.each([
    { deliveries: { ready: 2, deferred: 1 }, paused: { since: '2026-01-01T00:00:00Z' } },
    { deliveries: { ready: 2, held: 1 }, destination: 'held' },
    { deliveries: { deferred: 2 }, destination: 'disabled' },
    { deliveries: { ready: 1 }, destination: 'removed' },
  ])('does not wait for what a person has to let go: $deliveries', async (stopped) => {
    const onItsWay = { submissions: {}, deliveries: { ...stopped.deliveries, inflight: 1 } };
    const daemon = makeClient([
      { ...stopped, ...onItsWay },
      { submissions: {}, ...stopped },
    ]);

    await waitDrained(daemon.client, input, { signal: new AbortController().signal });

    expect(daemon.asked()).toBe(2);
  });

  it('ends when it is aborted, also by a signal that came before it listened', async () => {
    const busy = { submissions: { received: 1 }, deliveries: {} };
    const controller = new AbortController();
    const late = waitDrained(makeClient([busy]).client, input, { signal: controller.signal });
    const daemon = makeClient([busy]);

    controller.abort(new Error('the time is over'));

    await expect(late).rejects.toThrow('the time is over');
    await expect(waitDrained(daemon.client, input, { signal: controller.signal })).rejects.toThrow('the time is over');
    expect(daemon.isDisposed()).toBe(true);
  });
});
