import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import type { AirlockEvent } from '../../../src/client/event-items.ts';
import type { Subscription } from '../../../src/client/subscription.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/link/json-body.ts';
import { writeNotification, writeResult } from '../../../src/link/json-rpc.ts';
import { openTestServer, type TestPeer } from '../../support/link-server.ts';
import { openScriptedDaemon, type Request } from '../../support/scripted-daemon.ts';

const change = (seq: number, cursor = `c${seq}`): JsonObject => ({
  subscription: 'sub',
  seq,
  cursor,
  topic: 'submission',
  data: { submissionId: `id-${cursor}`, state: 'received', name: 'a.csv' },
});

async function take(subscription: Subscription, count: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of subscription) {
    seen.push(event.seq);
    if (seen.length === count) break;
  }
  return seen;
}

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
    await using client = await connect({ ...server.options, reconnect: false });

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

type Answer = (peer: TestPeer, request: Request) => void;

const opened = { subscription: 'sub', bootId: 'b', seq: 0, cursor: 'c0', resumed: false, snapshot: { submission: {} } };
const answer =
  (result: object, ...events: readonly JsonObject[]): Answer =>
  (peer, { id }) =>
    peer.send(
      writeResult(id, { ...opened, ...result }),
      ...events.map((event) => writeNotification(event['topic'] === undefined ? 'event/lagged' : 'event', event)),
    );
const refuse =
  (error: AirlockError): Answer =>
  (peer, { id }) =>
    peer.fail(id, error);
const resumedAt = (cursor: string): object => ({ resumed: true, cursor, snapshot: undefined });

/** A subscription whose server gives one answer after the other to `events/subscribe`. */
async function openResuming(...answers: readonly Answer[]) {
  const stack = new AsyncDisposableStack();
  let next = 0;
  const daemon = stack.use(
    await openScriptedDaemon((peer, request) => {
      if (request.method === 'events/subscribe') answers[next]?.(peer, request);
      else peer.reply(request.id, {});
      if (request.method === 'events/subscribe') next += 1;
    }),
  );
  const client = stack.use(await connect(daemon.options));
  const subscription = await client.subscribe(['submission']);
  const events = subscription[Symbol.asyncIterator]();
  const takeOne = async (): Promise<AirlockEvent | null> => (await events.next()).value ?? null;
  const since = (): readonly unknown[] => daemon.asked('events/subscribe').map(({ params }) => params['since']);
  return { daemon, client, subscription, takeOne, since, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('a subscription whose connection is lost', () => {
  it('goes on after the event that came last, and counts on', async () => {
    await using session = await openResuming(
      answer({}, change(1)),
      answer(resumedAt('c1'), change(1, 'c2'), change(2, 'c3')),
    );
    const first = await session.takeOne();

    session.daemon.cut();
    const later = [await session.takeOne(), await session.takeOne()];

    expect([first, ...later]).toMatchObject([
      { seq: 1, cursor: 'c1' },
      { seq: 2, cursor: 'c2' },
      { seq: 3, cursor: 'c3' },
    ]);
    expect(session.since()).toEqual([undefined, { bootId: 'b', cursor: 'c1' }]);
  });

  it('goes on after its state when no event came', async () => {
    await using session = await openResuming(answer({}), answer(resumedAt('c0'), change(1)));

    session.daemon.newest().wire.destroy();
    await session.takeOne();

    expect(session.since()).toEqual([undefined, { bootId: 'b', cursor: 'c0' }]);
  });

  it.each([
    ['restarted', 'another daemon runs', 'b2'],
    ['too_old', 'the daemon does not reach back so far', 'b'],
  ])('says %s with the state of now when %s', async (reason, _what, bootId) => {
    const snapshot = { submission: { received: 7 } };
    await using session = await openResuming(
      answer({}, change(1)),
      answer({ bootId, cursor: 'n0', snapshot }, change(1, 'n1')),
      answer(resumedAt('n1'), change(1, 'n2')),
    );
    await session.takeOne();

    session.daemon.cut();
    const items = [await session.takeOne(), await session.takeOne()];
    session.daemon.cut();
    items.push(await session.takeOne());

    expect(items).toMatchObject([
      { topic: 'snapshot', seq: 2, reason, snapshot },
      { topic: 'submission', seq: 3, cursor: 'n1' },
      { topic: 'submission', seq: 4, cursor: 'n2' },
    ]);
    expect(session.since().slice(1)).toEqual([
      { bootId: 'b', cursor: 'c1' },
      { bootId, cursor: 'n1' },
    ]);
  });

  it('counts what was left out on both connections', async () => {
    await using session = await openResuming(
      answer({}, { subscription: 'sub', from: 1, to: 5 }, change(6)),
      answer(resumedAt('c6'), { subscription: 'sub', from: 1, to: 2 }, change(3, 'c9')),
    );
    const items = [await session.takeOne(), await session.takeOne()];

    session.daemon.cut();
    items.push(await session.takeOne(), await session.takeOne());

    expect(items).toMatchObject([
      { topic: 'lagged', from: 1, seq: 5 },
      { seq: 6 },
      { topic: 'lagged', from: 7, seq: 8 },
      { seq: 9 },
    ]);
  });

  it('asks again when the daemon is too busy to resume it', async () => {
    const busy = new AirlockError('unavailable', 'Cannot open subscription: busy', { data: { retryAfterMs: 10 } });
    await using session = await openResuming(
      answer({}, change(1)),
      refuse(busy),
      answer(resumedAt('c1'), change(1, 'c2')),
    );
    await session.takeOne();

    session.daemon.cut();

    expect(await session.takeOne()).toMatchObject({ seq: 2, cursor: 'c2' });
  });

  it('ends with what the daemon says when it may not be resumed, and the client lives on', async () => {
    const refusal = new AirlockError('forbidden', 'Cannot open subscription: no', { data: { scope: 'read' } });
    await using session = await openResuming(answer({}, change(1)), refuse(refusal));
    await session.takeOne();

    session.daemon.cut();

    await expect(session.takeOne()).rejects.toMatchObject({ code: 'forbidden', data: { scope: 'read' } });
    expect(session.client.state.kind).toBe('connected');
  });

  it('is not resumed when it was disposed of meanwhile', async () => {
    await using session = await openResuming(answer({}, change(1)));
    await session.takeOne();
    session.daemon.cut();
    await session.subscription[Symbol.asyncDispose]();

    await session.client.call('events/unsubscribe', { subscription: 'another' }).catch(() => undefined);
    const again = session.client.call('ping', {}).catch(() => undefined);
    await again;

    expect(await session.takeOne()).toBe(null);
    expect(session.daemon.asked('events/subscribe').length).toBe(1);
  });
});

describe('a subscription', () => {
  it('throws the reason of its signal, and tells the server', async () => {
    const controller = new AbortController();
    await using daemon = await openScriptedDaemon((peer, request) => answer({}, change(1))(peer, request));
    await using client = await connect(daemon.options);
    const subscription = await client.subscribe(['submission'], { signal: controller.signal });
    const told = daemon.arrival('events/unsubscribe');
    const reason = new Error('enough');

    const loop = take(subscription, 5);
    loop.catch(() => undefined);
    controller.abort(reason);

    await expect(loop).rejects.toBe(reason);
    await told;
  });

  it('ends quietly when it is disposed of as its signal aborts', async () => {
    const controller = new AbortController();
    await using daemon = await openScriptedDaemon((peer, request) => answer({})(peer, request));
    await using client = await connect(daemon.options);
    const subscription = await client.subscribe(['submission'], { signal: controller.signal });
    controller.signal.addEventListener('abort', () => void subscription[Symbol.asyncDispose]());

    const loop = take(subscription, 5);
    controller.abort();

    expect(await loop).toEqual([]);
  });

  it('ends as internal with an event that this version cannot read, and the client lives on', async () => {
    const unread = { ...change(1), data: { submissionId: 'id', state: 'dreaming', name: 'a.csv' } };
    await using session = await openResuming(answer({}, unread, change(2)));

    const ended = session.daemon.arrival('events/unsubscribe');
    await expect(session.takeOne()).rejects.toMatchObject({ code: 'internal' });
    expect(session.client.state.kind).toBe('connected');
    // Nobody would end it: a loop that throws is not told to return.
    await ended;
  });

  it('whose answer comes after it was given up is ended at the server', async () => {
    await using server = await openTestServer({
      onMessage: (peer, message) => {
        if (message.kind === 'request' && message.method === 'events/unsubscribe') ended.resolve(message.params);
        if (message.kind === 'request') asked = message;
        else if (asked !== null) answer({})(peer, asked);
      },
    });
    const ended = Promise.withResolvers<unknown>();
    let asked: Request | null = null;
    await using client = await connect(server.options);

    await expect(client.subscribe(['submission'], { deadlineMs: 20 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });

    expect(await ended.promise).toMatchObject({ subscription: 'sub' });
  });

  it('passes the shortest interval on', async () => {
    await using daemon = await openScriptedDaemon((peer, request) => answer({})(peer, request));
    await using client = await connect(daemon.options);

    await using _subscription = await client.subscribe(['submission'], { minIntervalMs: 250 });

    expect(daemon.asked('events/subscribe')[0]?.params).toMatchObject({ topics: ['submission'], minIntervalMs: 250 });
  });
});
