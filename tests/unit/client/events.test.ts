import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { type AirlockEvent, makeSubscriptions, type Subscription } from '../../../src/client/events.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/link/json-body.ts';
import { writeNotification, writeResult } from '../../../src/link/json-rpc.ts';
import { openTestServer } from '../../support/link-server.ts';

const change = (seq: number, subscription = 'sub'): JsonObject => ({
  subscription,
  seq,
  cursor: `c${seq}`,
  topic: 'submission',
  data: { submissionId: `id-${seq}`, state: 'received', name: 'a.csv' },
});
const delivered: JsonObject = {
  subscription: 'sub',
  seq: 2,
  cursor: 'c2',
  topic: 'report',
  data: { reportId: 'r', submissionId: 's', state: 'delivered', destination: 'd' },
};

async function take(subscription: Subscription, count: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of subscription) {
    seen.push(event.seq);
    if (seen.length === count) break;
  }
  return seen;
}

function openLocal() {
  const told: string[] = [];
  const subscriptions = makeSubscriptions((subscription) => {
    told.push(subscription);
    return Promise.resolve();
  });
  return { told, subscriptions, subscription: subscriptions.open({ subscription: 'sub', seq: 0 }) };
}

describe('a subscription', () => {
  it('gives events in order, those that came before and those that come while it waits', async () => {
    const { subscriptions, subscription } = openLocal();
    subscriptions.deliver('event', change(1));

    const seen = take(subscription, 3);
    subscriptions.deliver('event', change(2));
    await Promise.resolve();
    subscriptions.deliver('event', change(3));

    expect(await seen).toEqual([1, 2, 3]);
  });

  it('says what was left out, and goes on after it', async () => {
    const { subscriptions, subscription } = openLocal();
    const seen: AirlockEvent[] = [];
    subscriptions.deliver('event', change(1));
    subscriptions.deliver('event/lagged', { subscription: 'sub', from: 2, to: 9 });
    subscriptions.deliver('event', change(10));

    for await (const event of subscription) if (seen.push(event) === 3) break;

    expect(seen[1]).toEqual({ topic: 'lagged', from: 2, seq: 9 });
    expect(seen[2]).toMatchObject({ seq: 10 });
  });

  it.each([
    ['missing', change(2)],
    ['told twice', change(0)],
  ])('is an end of the connection when an event is %s', (_what, params) => {
    const { subscriptions } = openLocal();

    expect(() => subscriptions.deliver('event', params)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(() => subscriptions.deliver('event/lagged', { subscription: 'sub', from: 2, to: 3 })).toThrow('event 2');
  });

  it('gives both topics with their own data', async () => {
    const { subscriptions, subscription } = openLocal();
    const seen: AirlockEvent[] = [];
    subscriptions.deliver('event', change(1));
    subscriptions.deliver('event', delivered);

    for await (const event of subscription) if (seen.push(event) === 2) break;

    expect(seen).toEqual([
      { seq: 1, cursor: 'c1', topic: 'submission', data: change(1)['data'] },
      { seq: 2, cursor: 'c2', topic: 'report', data: delivered['data'] },
    ]);
  });

  it('tells the server once when the loop ends or it is disposed', async () => {
    const { told, subscriptions, subscription } = openLocal();
    subscriptions.deliver('event', change(1));

    await take(subscription, 1);
    await subscription[Symbol.asyncDispose]();
    await subscription[Symbol.asyncDispose]();

    expect(told).toEqual(['sub']);
  });

  it('ends quietly and at once when disposed while it waits', async () => {
    const { subscription } = openLocal();

    const seen = take(subscription, 5);
    await subscription[Symbol.asyncDispose]();

    expect(await seen).toEqual([]);
  });

  it('ignores events of a subscription that was ended', async () => {
    const { subscriptions, subscription } = openLocal();
    await subscription[Symbol.asyncDispose]();

    subscriptions.deliver('event', change(1));

    expect(await take(subscription, 1)).toEqual([]);
  });

  it('gives what is there, then throws, when the connection is lost', async () => {
    const { subscriptions, subscription } = openLocal();
    const seen: number[] = [];
    const lost = new AirlockError('unavailable', 'Cannot reach airlock: the connection was lost');
    subscriptions.deliver('event', change(1));
    subscriptions.fail(lost);

    const loop = async (): Promise<void> => {
      for await (const { seq } of subscription) seen.push(seq);
    };

    await expect(loop()).rejects.toBe(lost);
    expect(seen).toEqual([1]);
  });

  it.each([
    [9_999, 'open'],
    [10_000, 'open'],
    [10_001, 'slow_consumer'],
  ])('is %i events behind: %s', async (count, expected) => {
    const { subscriptions, subscription } = openLocal();
    for (let seq = 1; seq <= count; seq += 1) subscriptions.deliver('event', change(seq));
    const kept = Math.min(count, 10_000);

    const iterator = subscription[Symbol.asyncIterator]();
    for (let seq = 1; seq <= kept; seq += 1) await iterator.next();
    const end = iterator.next().then(
      () => 'open',
      (error: unknown) => (error instanceof AirlockError ? error.data.reason : error),
    );
    await subscription[Symbol.asyncDispose]();

    expect(await end).toBe(expected);
  });

  it.each([
    ['no topic', { ...change(1), topic: undefined }],
    ['an unknown topic', { ...change(1), topic: 'weather' }],
    ['data of another topic', { ...change(1), data: delivered['data'] }],
    ['a broken report', { ...delivered, data: { reportId: 'r' } }],
  ])('refuses an event with %s', (_, params) => {
    const { subscriptions } = openLocal();

    expect(() => subscriptions.deliver('event', params)).toThrow(AirlockError);
  });
});

describe('Client.subscribe()', () => {
  it('gives the snapshot, and events that came in one piece with it, and unsubscribes', async () => {
    const ended = Promise.withResolvers<unknown>();
    await using server = await openTestServer({
      onMessage: (peer, message) => {
        if (message.kind !== 'request') return;
        if (message.method === 'events/unsubscribe') {
          peer.reply(message.id, {});
          return ended.resolve(message.params['subscription']);
        }
        const opened = {
          subscription: 'sub',
          bootId: 'b',
          seq: 0,
          cursor: 'c',
          resumed: false,
          snapshot: { submission: { received: 2 } },
        };
        peer.send(
          writeResult(message.id, opened),
          writeNotification('event', change(1)),
          writeNotification('event', change(2)),
        );
      },
    });
    await using client = await connect(server.options);

    const subscription = await client.subscribe(['submission']);
    const seen = await take(subscription, 2);

    expect([subscription.snapshot, seen, await ended.promise]).toEqual([
      { submission: { received: 2 } },
      [1, 2],
      'sub',
    ]);
    expect(server.received).toContainEqual(
      expect.objectContaining({
        method: 'events/subscribe',
        params: expect.objectContaining({ topics: ['submission'] }),
      }),
    );
  });

  it('ends its loop with unavailable when the connection is lost', async () => {
    await using server = await openTestServer({
      onMessage: (peer, message) => {
        if (message.kind !== 'request') return;
        peer.reply(message.id, { subscription: 'sub', bootId: 'b', seq: 0, cursor: 'c', resumed: false });
        void peer.wire.end(1000);
      },
    });
    await using client = await connect(server.options);

    const subscription = await client.subscribe(['report']);

    await expect(take(subscription, 1)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('ends its loop when the client is closed', async () => {
    await using server = await openTestServer({
      onMessage: (peer, message) => {
        if (message.kind === 'request')
          peer.reply(message.id, { subscription: 'sub', bootId: 'b', seq: 0, cursor: 'c', resumed: false });
      },
    });
    await using client = await connect(server.options);
    const subscription = await client.subscribe(['report']);

    const loop = take(subscription, 1);
    loop.catch(() => undefined);
    await client[Symbol.asyncDispose]();

    await expect(loop).rejects.toMatchObject({ code: 'cancelled' });
  });
});
