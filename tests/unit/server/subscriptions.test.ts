import { describe, expect, it } from 'vitest';
import { makeEventBus } from '../../../src/core/event-bus.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { Scope } from '../../../src/core/scopes.ts';
import type { EventTopic } from '../../../src/protocol/events.ts';
import { makeEventHub } from '../../../src/server/event-hub.ts';
import type { HeldTopic, ServerChange } from '../../../src/server/server-events.ts';
import { makeSubscriptions } from '../../../src/server/subscriptions.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const change = (changeSeq: number, topic: 'submission' | 'report' = 'submission', kid = 'local'): ServerChange => ({
  changeSeq,
  kid: toKeyId(kid),
  topic,
  data: changeSeq,
});

const held = (topic: HeldTopic, data: unknown, about?: string): ServerChange => ({
  changeSeq: null,
  kid: topic === 'progress' ? toKeyId('local') : null,
  topic,
  data,
  ...(about === undefined ? {} : { about }),
});

type SetUpOptions = { limit?: number; scopes?: readonly Scope[]; maxEvents?: number; maxBytes?: number };

function setUp({ limit = 16, scopes = ['submit'], maxEvents = 1000, maxBytes = 262_144 }: SetUpOptions = {}) {
  const bus = makeEventBus<ServerChange>((error) => {
    throw error;
  });
  const clock = makeManualClock();
  const told: unknown[] = [];
  const viewers: unknown[] = [];
  const state = {
    isBehind: false,
    watchers: 0,
    states: {} as Partial<Record<HeldTopic, unknown>>,
    refresh: () => Promise.resolve(),
    snapshot: () => Promise.resolve({ asOfChange: 0, topics: {} }),
  };
  const hub = makeEventHub(
    {
      log: silentLogger,
      events: {
        source: bus,
        snapshot: (viewer) => {
          viewers.push(viewer);
          return state.snapshot();
        },
        watch: () => {
          state.watchers += 1;
          return {
            refresh: () => state.refresh(),
            [Symbol.dispose]: () => {
              state.watchers -= 1;
            },
          };
        },
        read: (topic) => state.states[topic] ?? {},
      },
    },
    { maxEvents },
  );
  const connect = (as: readonly Scope[] = scopes, kid = 'local') =>
    makeSubscriptions(
      {
        hub,
        clock,
        bootId: 'boot',
        caller: { kid: toKeyId(kid), scopes: as },
        isBehind: () => state.isBehind,
        send: (body) => {
          const { method, params } = JSON.parse(body);
          told.push(method === 'event' ? params : { method, params });
        },
        maxBytes,
      },
      { limit },
    );
  const subscriptions = connect();
  /** Open one whose call is answered. */
  async function open(
    topics: readonly EventTopic[],
    options: { since?: { bootId: string; cursor: string }; minIntervalMs?: number } = {},
    on = subscriptions,
  ) {
    const call = on.forCall();
    const opened = await call.port.open(topics, options);
    call.settle(true);
    return opened;
  }
  const goOn = (cursor: string) => ({ since: { bootId: 'boot', cursor } });
  return { bus, clock, told, viewers, state, subscriptions, connect, open, goOn };
}

const brief = (told: readonly unknown[]) =>
  told.map((one) => {
    const { method, topic, data } = one as Record<string, unknown>;
    return method ?? `${String(topic)} ${JSON.stringify(data)}`;
  });

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
      { subscription: '1', seq: 1, data: 3 },
      { subscription: '1', seq: 2, data: 5 },
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

describe('a subscription that comes back', () => {
  it('is told what it missed, in order and from 1 on, then what comes, and gets no state', async () => {
    const { bus, told, open, goOn } = setUp();
    const first = await open(['submission', 'report']);
    bus.publish(change(1));
    const [{ cursor }] = told.splice(0) as [{ cursor: string }];
    bus.publish(change(2, 'report'));
    bus.publish(change(3));
    told.splice(0);

    const again = await open(['report', 'submission'], goOn(cursor));
    bus.publish(change(4));

    expect(again).toMatchObject({ subscription: '2', seq: 0, resumed: true, cursor });
    expect(again.snapshot).toBeUndefined();
    expect(told.filter((one) => (one as { subscription: string }).subscription === '2')).toMatchObject([
      { seq: 1, topic: 'report', data: 2 },
      { seq: 2, topic: 'submission', data: 3 },
      { seq: 3, topic: 'submission', data: 4 },
    ]);
    expect(first.cursor).not.toBe(cursor);
  });

  it('goes on from the cursor of an answer as from that of an event', async () => {
    const { bus, told, state, open, goOn } = setUp();
    state.snapshot = () => {
      for (const seq of [1, 2, 3]) bus.publish(change(seq));
      return Promise.resolve({ asOfChange: 2, topics: {} });
    };
    const { cursor } = await open(['submission']);
    told.splice(0);

    await open(['submission'], goOn(cursor));

    expect(brief(told)).toEqual(['submission 3']);
  });

  it.each([
    ['another run of the daemon', { bootId: 'other' }],
    ['other topics', { topics: ['report'] as const }],
    ['a place that nobody has come to', { change: (cursor: string) => `${cursor}000` }],
  ])('with the cursor of %s is told the state', async (_name, how) => {
    const { bus, told, open } = setUp();
    await open(['submission']);
    bus.publish(change(1));
    const {
      bootId = 'boot',
      topics = ['submission'] as const,
      change: forge = (text: string) => text,
    } = how as {
      bootId?: string;
      topics?: readonly EventTopic[];
      change?: (text: string) => string;
    };

    const again = await open(topics, { since: { bootId, cursor: forge((told[0] as { cursor: string }).cursor) } });

    expect(again).toMatchObject({ resumed: false, snapshot: {} });
  });

  it.each([
    '',
    '1',
    'x'.repeat(200),
    '12345678.',
    '12345678.-1',
    '12345678.01',
    '12345678.99999999999999999',
    '12345678.1.2.3',
    '12345678.NaN',
  ])('with %j, which is no cursor, is refused', async (cursor) => {
    const { subscriptions, open, goOn } = setUp();

    await expect(open(['submission'], goOn(cursor))).rejects.toMatchObject({
      code: 'invalid_params',
      data: { details: [{ path: ['since', 'cursor'] }] },
    });
    expect(subscriptions.count()).toBe(0);
  });

  it('with a cursor of another run that is no cursor here is told the state', async () => {
    const { open } = setUp();

    expect(await open(['submission'], { since: { bootId: 'other', cursor: '?' } })).toMatchObject({ resumed: false });
  });

  it.each([
    [999, true],
    [1000, true],
    [1001, false],
  ])('after %i events of 1,000 that are kept: resumed %s', async (count, expected) => {
    const { bus, open, goOn } = setUp();
    const { cursor } = await open(['submission', 'report']);
    for (let seq = 1; seq <= count; seq += 1) bus.publish(change(seq));

    expect(await open(['submission', 'report'], goOn(cursor))).toMatchObject({ resumed: expected });
  });

  it('is not held back by a topic that it does not hear', async () => {
    const { bus, open, goOn } = setUp({ maxEvents: 2 });
    const { cursor } = await open(['report']);
    for (let seq = 1; seq <= 10; seq += 1) bus.publish(change(seq));

    expect(await open(['report'], goOn(cursor))).toMatchObject({ resumed: true });
  });

  it('without history is resumed only where nothing came', async () => {
    const { bus, open, goOn } = setUp({ maxEvents: 0, scopes: ['read'] });
    const { cursor } = await open(['submission', 'status']);

    expect(await open(['submission', 'status'], goOn(cursor))).toMatchObject({ resumed: true });
    bus.publish(held('status', 1));
    expect(await open(['submission', 'status'], goOn(cursor))).toMatchObject({ resumed: false });
  });

  it('with a key that has no read is told its own only, wherever the cursor comes from', async () => {
    const { bus, told, open, goOn, connect } = setUp();
    const { cursor } = await open(['submission']);
    bus.publish(change(1, 'submission', 'other'));
    bus.publish(change(2));
    told.splice(0);

    await open(['submission'], goOn(cursor));
    const other = connect(['submit'], 'other');
    const foreign = await open(['submission'], goOn(cursor), other);

    expect(brief(told)).toEqual(['submission 2']);
    expect(foreign).toMatchObject({ resumed: false });
  });

  it('is told everything it missed although it reads slowly: nothing of it is left out', async () => {
    const { bus, told, state, open, goOn, subscriptions } = setUp();
    const { cursor } = await open(['submission']);
    state.isBehind = true;
    for (let seq = 1; seq <= 5; seq += 1) bus.publish(change(seq));
    const first = await open(['submission'], goOn(cursor));
    told.splice(0);

    bus.publish(change(6));
    expect(told).toEqual([]);
    state.isBehind = false;
    subscriptions.catchUp();
    bus.publish(change(7));

    expect(first.resumed).toBe(true);
    const second = told.filter((one) => (one as { subscription?: string }).subscription === '2');
    expect(second.map((one) => (one as { seq: number; data: number }).data)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([
    [1000, null],
    [1001, { from: 1, to: 1001 }],
  ])(
    'that reads nothing until %i of 1,000 that are kept have come is told all of them, or the gap: %j',
    async (count, gap) => {
      const { bus, told, state, open, goOn, subscriptions } = setUp();
      const { cursor } = await open(['submission']);
      bus.publish(change(1));
      state.isBehind = true;
      await open(['submission'], goOn(cursor));
      for (let seq = 2; seq <= count; seq += 1) bus.publish(change(seq));
      told.splice(0);

      state.isBehind = false;
      subscriptions.catchUp();
      bus.publish(change(count + 1));

      const second = told.filter((one) => JSON.stringify(one).includes('"subscription":"2"'));
      expect(second).toHaveLength(gap === null ? count + 1 : 2);
      if (gap !== null) expect(second[0]).toMatchObject({ method: 'event/lagged', params: gap });
      expect(second.at(-1)).toMatchObject({ seq: count + 1, data: count + 1 });
    },
  );

  it('that reads in small bites is told all of it in order, however often it stops', async () => {
    const { bus, told, state, open, goOn, subscriptions } = setUp();
    const { cursor } = await open(['submission', 'report']);
    for (let seq = 1; seq <= 20; seq += 1) bus.publish(change(seq, seq % 2 === 0 ? 'report' : 'submission'));
    subscriptions.forCall().port.close('1');
    told.splice(0);
    let room = 3;
    Object.defineProperty(state, 'isBehind', { get: () => told.length >= room });

    await open(['submission', 'report'], goOn(cursor));
    for (let seq = 21; seq <= 30; seq += 1) {
      bus.publish(change(seq));
      room += 4;
      subscriptions.catchUp();
    }

    expect(told.map((one) => (one as { data: number }).data)).toEqual(
      Array.from({ length: 30 }, (_none, at) => at + 1),
    );
  });

  it('is told a status that was still waiting for its time', async () => {
    const { bus, clock, told, open, goOn } = setUp({ scopes: ['read'] });
    await open(['status', 'submission'], { minIntervalMs: 1000 });
    bus.publish(held('status', 'one'));
    bus.publish(held('status', 'two'));
    bus.publish(change(1));
    const { cursor } = told.at(-1) as { cursor: string };
    told.splice(0);

    expect(await open(['status', 'submission'], goOn(cursor))).toMatchObject({ resumed: true });
    expect(brief(told)).toEqual(['status "two"']);
    clock.advance(1000);
    expect(brief(told)).toEqual(['status "two"', 'status "two"']);
  });

  it('gets of status the last one only', async () => {
    const { bus, told, open, goOn } = setUp({ scopes: ['read'], maxEvents: 2 });
    const { cursor } = await open(['status']);
    for (const one of [1, 2, 3, 4]) bus.publish(held('status', one));
    told.splice(0);

    expect(await open(['status'], goOn(cursor))).toMatchObject({ resumed: true });
    expect(brief(told)).toEqual(['status 4']);
  });
});

describe('a subscription with a least interval', () => {
  it('is told the latest status and the latest progress of each submission, and every submission', async () => {
    const { bus, clock, told, open } = setUp({ scopes: ['read'] });
    await open(['status', 'progress', 'submission', 'converter', 'config'], { minIntervalMs: 100 });

    for (const one of [1, 2, 3]) {
      bus.publish(held('status', one));
      bus.publish(held('config', one));
      bus.publish(held('progress', one, 'a'));
      bus.publish(held('progress', one, 'b'));
      bus.publish(held('converter', one));
      bus.publish(change(one));
    }
    expect(brief(told)).toEqual([
      'status 1',
      'config 1',
      'progress 1',
      'progress 1',
      ...[1, 2, 3].flatMap((one) => [`converter ${one}`, `submission ${one}`]),
    ]);
    told.splice(0);
    clock.advance(100);

    expect(brief(told)).toEqual(['status 3', 'config 3', 'progress 3', 'progress 3']);
    expect(told.map((one) => (one as { seq: number }).seq)).toEqual([11, 12, 13, 14]);
    clock.advance(1000);
    expect(told).toHaveLength(4);
    expect(clock.pending()).toBe(0);
  });

  it('sets no timer any more once it is ended', async () => {
    const { bus, clock, open, subscriptions } = setUp({ scopes: ['read'] });
    await open(['status'], { minIntervalMs: 100 });
    bus.publish(held('status', 1));

    subscriptions[Symbol.dispose]();

    expect(clock.pending()).toBe(0);
  });
});

describe('a subscription that lags', () => {
  it('is told the state of now of what coalesces after the gap, as ordinary events', async () => {
    const { bus, told, state, open, subscriptions } = setUp({ scopes: ['read'] });
    state.states = { status: 'now', config: 'as it is' };
    await open(['submission', 'status', 'config', 'progress', 'converter']);
    bus.publish(held('progress', 0.1, 'a'));
    told.splice(0);

    state.isBehind = true;
    bus.publish(change(1));
    bus.publish(held('status', 'then'));
    bus.publish(held('progress', 0.2, 'a'));
    bus.publish(held('progress', 0.3, 'a'));
    bus.publish(held('progress', 0.1, 'b'));
    state.isBehind = false;
    subscriptions.catchUp();

    expect(told[0]).toEqual({ method: 'event/lagged', params: { subscription: '1', from: 2, to: 6 } });
    expect(brief(told.slice(1))).toEqual(['status "now"', 'config "as it is"', 'progress 0.3', 'progress 0.1']);
    expect(told.slice(1).map((one) => (one as { seq: number }).seq)).toEqual([7, 8, 9, 10]);
  });

  it('is not told what waited for its time and is older than that state', async () => {
    const { bus, clock, told, state, open, subscriptions } = setUp({ scopes: ['read'] });
    state.states = { status: 'now' };
    await open(['submission', 'status'], { minIntervalMs: 100 });
    bus.publish(held('status', 1));
    bus.publish(held('status', 2));
    state.isBehind = true;
    bus.publish(change(1));
    state.isBehind = false;
    told.splice(0);

    subscriptions.catchUp();
    clock.advance(1000);

    expect(brief(told)).toEqual(['event/lagged', 'status "now"']);
  });

  it('is told of an event that goes into no frame that it was left out', async () => {
    const { bus, told, open } = setUp({ scopes: ['read'], maxBytes: 3000 });
    await open(['status', 'submission']);

    bus.publish(held('status', 'x'.repeat(3000)));
    bus.publish(change(1));

    expect(told).toMatchObject([{ method: 'event/lagged', params: { from: 1, to: 1 } }, { seq: 2 }]);
  });
});

describe('the state of a subscription', () => {
  it('holds what is announced after it: to a slow reader, too, that is not told once more', async () => {
    const { bus, told, state, subscriptions } = setUp();
    state.snapshot = () => Promise.resolve({ asOfChange: 2, topics: {} });
    const call = subscriptions.forCall();
    await call.port.open(['submission']);
    bus.publish(change(3));
    state.isBehind = true;
    call.settle(true);
    bus.publish(change(2));

    state.isBehind = false;
    subscriptions.catchUp();

    expect(brief(told)).toEqual(['submission 3']);
  });

  it('holds each topic by its name, as it is when all of it was looked at', async () => {
    const { bus, told, state, open } = setUp({ scopes: ['read'] });
    state.refresh = () => {
      state.states = { status: 'fresh' };
      bus.publish(held('status', 'fresh'));
      return Promise.resolve();
    };
    state.snapshot = () => Promise.resolve({ asOfChange: 0, topics: { submission: { received: 1 } } });

    const { snapshot } = await open(['submission', 'status', 'progress']);

    expect(snapshot).toEqual({ submission: { received: 1 }, status: 'fresh', progress: {} });
    // It is in the state: it is not told again.
    expect(told).toEqual([]);
  });

  it('that goes into no frame is refused with the limit', async () => {
    const { state, open } = setUp({ scopes: ['read'], maxBytes: 2000 });
    state.states = { status: 'x'.repeat(2000) };

    await expect(open(['status'])).rejects.toMatchObject({ code: 'too_large', data: { limit: 2000 } });
  });

  it('is watched from the first moment to the end of the subscription', async () => {
    const { state, open, subscriptions } = setUp({ scopes: ['read'] });
    const { subscription } = await open(['status']);
    await open(['status']);

    expect(state.watchers).toBe(2);
    subscriptions.forCall().port.close(subscription);
    expect(state.watchers).toBe(1);
    subscriptions[Symbol.dispose]();
    expect(state.watchers).toBe(0);
  });

  it.each(['status', 'converter', 'config'] as const)('of %s is forbidden without read', async (topic) => {
    const { open, subscriptions } = setUp({ scopes: ['submit'] });

    await expect(open(['submission', topic])).rejects.toMatchObject({ code: 'forbidden', data: { scope: 'read' } });
    expect(subscriptions.count()).toBe(0);
  });

  it('of its own submissions, reports and their progress is for every key', async () => {
    const { bus, told, open } = setUp({ scopes: ['submit'] });
    await open(['submission', 'report', 'progress']);

    bus.publish(held('progress', 0.5, 'a'));
    bus.publish({ ...held('progress', 0.5, 'b'), kid: toKeyId('other') });

    expect(told).toHaveLength(1);
  });
});
