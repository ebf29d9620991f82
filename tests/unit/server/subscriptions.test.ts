import { describe, expect, it } from 'vitest';
import { makeEventBus } from '../../../src/core/event-bus.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import type { ServerChange } from '../../../src/server/server-events.ts';
import { makeSubscriptions } from '../../../src/server/subscriptions.ts';

const change = (changeSeq: number, topic: ServerChange['topic'] = 'submission'): ServerChange => ({
  changeSeq,
  kid: toKeyId('local'),
  topic,
  data: null,
});

function setUp({ limit = 16 } = {}) {
  const bus = makeEventBus<ServerChange>((error) => {
    throw error;
  });
  const told: unknown[] = [];
  const viewers: unknown[] = [];
  const state = { isBehind: false, snapshot: () => Promise.resolve({ asOfChange: 0, topics: {} }) };
  const subscriptions = makeSubscriptions(
    {
      events: {
        source: bus,
        snapshot: (viewer) => {
          viewers.push(viewer);
          return state.snapshot();
        },
      },
      bootId: 'boot',
      caller: { kid: toKeyId('local'), scopes: ['submit'] },
      isBehind: () => state.isBehind,
      notify: (method, params) => void told.push(method === 'event' ? params : { method, params }),
    },
    { limit },
  );
  return { bus, told, viewers, state, subscriptions };
}

describe('the subscriptions of a connection', () => {
  it('leave events out while too much is unsent, say which once, and go on without a gap', async () => {
    const { bus, told, state, subscriptions } = setUp();
    const call = subscriptions.forCall();
    await call.port.open(['submission']);
    call.settle(true);

    bus.publish(change(1));
    state.isBehind = true;
    bus.publish(change(2));
    state.isBehind = false;
    bus.publish(change(3));
    subscriptions.catchUp();
    subscriptions.catchUp();
    bus.publish(change(4));

    expect(told).toMatchObject([
      { seq: 1 },
      { method: 'event/lagged', params: { subscription: '1', from: 2, to: 3 } },
      { seq: 4 },
    ]);
  });

  it('ask for the state of a key without read as that key sees it', async () => {
    const { subscriptions, viewers } = setUp();

    await subscriptions.forCall().port.open(['submission']);

    expect(viewers).toEqual([{ kid: 'local' }]);
  });

  it('tell nothing until their call is answered, then everything later than the state', async () => {
    const { bus, told, state, subscriptions } = setUp();
    state.snapshot = () => Promise.resolve({ asOfChange: 2, topics: {} });
    const call = subscriptions.forCall();
    await call.port.open(['submission']);
    bus.publish(change(2));
    bus.publish(change(3));
    bus.publish(change(4, 'report'));
    expect(told).toEqual([]);

    call.settle(true);
    bus.publish(change(5));

    expect(told).toMatchObject([
      { subscription: '1', seq: 1, cursor: '3' },
      { subscription: '1', seq: 2, cursor: '5' },
    ]);
  });

  it('forget what a failed call opened', async () => {
    const { bus, told, subscriptions } = setUp();
    const call = subscriptions.forCall();
    await call.port.open(['submission']);

    call.settle(false);
    bus.publish(change(1));

    expect(told).toEqual([]);
    expect(subscriptions.count()).toBe(0);
  });

  it('refuse a call that was answered before it asks', async () => {
    const { subscriptions } = setUp();
    const call = subscriptions.forCall();
    call.settle(false);

    await expect(call.port.open(['submission'])).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('free the place of one whose state could not be read', async () => {
    const { state, subscriptions } = setUp({ limit: 1 });
    state.snapshot = () => Promise.reject(new Error('Cannot read: broken'));
    const call = subscriptions.forCall();
    await expect(call.port.open(['submission'])).rejects.toThrow('broken');

    call.settle(false);

    expect(subscriptions.count()).toBe(0);
  });

  it.each([
    [9_999, 'opened'],
    [10_000, 'opened'],
    [10_001, 'unavailable'],
  ])('with %i changes while the state is read are %s', async (changes, expected) => {
    const { bus, state, subscriptions } = setUp();
    state.snapshot = () => {
      for (let changeSeq = 1; changeSeq <= changes; changeSeq += 1) bus.publish(change(changeSeq));
      return Promise.resolve({ asOfChange: 0, topics: {} });
    };

    const outcome = await subscriptions
      .forCall()
      .port.open(['submission'])
      .then(
        () => 'opened',
        (error: unknown) => Reflect.get(Object(error), 'code'),
      );

    expect(outcome).toBe(expected);
  });

  it('hear nothing any more once disposed', async () => {
    const { bus, told, subscriptions } = setUp();
    const call = subscriptions.forCall();
    await call.port.open(['submission']);
    call.settle(true);

    subscriptions[Symbol.dispose]();
    bus.publish(change(1));

    expect(told).toEqual([]);
  });
});
