import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../src/core/ids.ts';
import type { EventsSnapshot, ServerChange } from '../../src/server/server-events.ts';
import { startTestServer } from '../support/test-server.ts';

function change(changeSeq: number, kid = 'submit'): ServerChange {
  return { changeSeq, kid: toKeyId(kid), topic: 'submission', data: { n: changeSeq } };
}

const subscribe = { topics: ['submission'] };

describe('events', () => {
  it('begin with the state, then tell each later change once, in order', async () => {
    await using test = await startTestServer();
    const client = await test.enter('read');
    const asked = Promise.withResolvers<void>();
    const snapshot = Promise.withResolvers<EventsSnapshot>();
    test.snapshot = () => {
      asked.resolve();
      return snapshot.promise;
    };

    const answer = client.call('events/subscribe', subscribe);
    await asked.promise;
    for (const changeSeq of [5, 6, 7, 8]) test.publish(change(changeSeq));
    snapshot.resolve({ asOfChange: 6, topics: { submission: { received: 6 } } });
    await answer;
    test.publish(change(9));

    expect(await answer).toMatchObject({
      result: { subscription: '1', seq: 0, resumed: false, snapshot: { submission: { received: 6 } } },
    });
    const events = [await client.notification('event'), await client.notification('event')];
    events.push(await client.notification('event'));
    expect(events.map(({ params }) => params)).toEqual(
      [7, 8, 9].map((n, index) => ({
        subscription: '1',
        seq: index + 1,
        cursor: expect.any(String),
        topic: 'submission',
        data: { n },
      })),
    );
  });

  it('come after the answer that names their subscription', async () => {
    await using test = await startTestServer();
    const client = await test.enter('read');
    test.snapshot = () => {
      test.publish(change(1));
      return Promise.resolve({ asOfChange: 0, topics: {} });
    };

    client.send({ jsonrpc: '2.0', id: 1, method: 'events/subscribe', params: subscribe });

    const order = [await client.next(), await client.next()];
    expect(order.map(({ id, method }) => id ?? method)).toEqual([1, 'event']);
  });

  it('tell a key without read its own submissions only', async () => {
    await using test = await startTestServer();
    const client = await test.enter('submit');
    await client.call('events/subscribe', subscribe);

    test.publish(change(1, 'local'));
    test.publish(change(2, 'submit'));

    expect((await client.notification('event'))['params']).toMatchObject({ seq: 1, data: { n: 2 } });
  });

  it('end with events/unsubscribe, which knows only this connection', async () => {
    await using test = await startTestServer();
    const [client, other] = [await test.enter('read'), await test.enter('read')];
    await client.call('events/subscribe', subscribe);

    expect(await other.call('events/unsubscribe', { subscription: '1' })).toMatchObject({ error: { code: -32_004 } });
    expect(await client.call('events/unsubscribe', { subscription: '1' })).toMatchObject({ result: {} });
    test.publish(change(1));
    await client.call('ping');

    expect(client.messages).toEqual([]);
  });

  it('go to 16 subscriptions of one connection; the 17th is told the limit', async () => {
    await using test = await startTestServer();
    const client = await test.enter('read');
    for (let one = 1; one <= 16; one += 1) {
      expect(await client.call('events/subscribe', subscribe)).toMatchObject({ result: { subscription: String(one) } });
    }

    expect(await client.call('events/subscribe', subscribe)).toMatchObject({
      error: { code: -32_030, data: { code: 'too_many_in_flight', limit: 16 } },
    });
  });

  it('go on after a lost connection where they ended, without a gap and none twice', async () => {
    await using test = await startTestServer();
    const first = await test.enter('read');
    await first.call('events/subscribe', subscribe);
    test.publish(change(1));
    const { cursor } = (await first.notification('event'))['params'];
    first.socket.destroy();
    await first.closed;
    test.publish(change(2));
    test.publish(change(3));

    const second = await test.enter('read');
    second.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'events/subscribe',
      params: { ...subscribe, since: { bootId: 'boot', cursor } },
    });
    const answer = await second.answer(1);
    test.publish(change(4));

    expect(answer['result']).toEqual({ subscription: '1', bootId: 'boot', seq: 0, cursor, resumed: true });
    const events = [await second.notification('event'), await second.notification('event')];
    events.push(await second.notification('event'));
    expect(events.map(({ params }) => [params.seq, params.data.n])).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });

  it('that nobody keeps (ipc.eventHistory 0) are told by a new state', async () => {
    await using test = await startTestServer({ ipc: { eventHistory: 0 } });
    const client = await test.enter('read');
    const { cursor } = (await client.call('events/subscribe', subscribe))['result'];
    test.publish(change(1));

    const again = await client.call('events/subscribe', { ...subscribe, since: { bootId: 'boot', cursor } });

    expect(again['result']).toMatchObject({ resumed: false, snapshot: {} });
  });

  it.each([
    [['status'], -32_003, { code: 'forbidden', scope: 'read' }],
    [['submission', 'config'], -32_003, { code: 'forbidden', scope: 'read' }],
    [['weather'], -32_602, { code: 'invalid_params' }],
    [[], -32_602, { code: 'invalid_params' }],
  ])('about %j are refused to a key without read', async (topics, code, data) => {
    await using test = await startTestServer();
    const client = await test.enter('submit');

    expect(await client.call('events/subscribe', { topics })).toMatchObject({ error: { code, data } });
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it.each([-1, 60_001, 0.5])('refuse %d as minIntervalMs', async (minIntervalMs) => {
    await using test = await startTestServer();
    const client = await test.enter('read');

    expect(await client.call('events/subscribe', { ...subscribe, minIntervalMs })).toMatchObject({
      error: { code: -32_602, data: { details: [{ path: ['minIntervalMs'] }] } },
    });
  });

  it.each([0, 60_000])('take %d as minIntervalMs', async (minIntervalMs) => {
    await using test = await startTestServer();
    const client = await test.enter('read');

    expect(await client.call('events/subscribe', { ...subscribe, minIntervalMs })).toMatchObject({ result: {} });
  });

  it('of a peer that does not read are followed by the state of now, once it does', async () => {
    await using test = await startTestServer();
    test.states = { status: { state: 'ready' } };
    const slow = await test.enter('read');
    await slow.call('events/subscribe', { topics: ['status', 'submission'] });
    slow.socket.pause();
    const data = { text: 'x'.repeat(100_000) };
    for (let n = 1; n <= 50; n += 1) test.publish({ ...change(n), data });
    test.states = { status: { state: 'degraded' } };

    slow.socket.resume();
    const { from, to } = (await slow.notification('event/lagged'))['params'];
    const state = await slow.next(({ params }) => params?.topic === 'status');

    expect(to).toBe(50);
    expect(state['params']).toMatchObject({ seq: 51, data: { state: 'degraded' } });
    expect(slow.messages.filter(({ method }) => method === 'event')).toHaveLength(from - 1);
  });

  it('end for a peer that lets ipc.unsent.close wait: the last word is a goaway that says so', async () => {
    await using test = await startTestServer({ ipc: { unsent: { pause: '256 KiB', close: '1 MiB' } } });
    const slow = await test.enter();
    await slow.call('events/subscribe', subscribe);
    // Events alone stop at the pause: what goes over is the answers to calls that were taken before.
    for (let id = 1; id <= 20; id += 1) slow.begin(id, 'test/wait');
    const calls = await Promise.all(Array.from({ length: 20 }, () => test.begun()));
    slow.socket.pause();

    const text = 'x'.repeat(100_000);
    for (let n = 1; n <= 50; n += 1) test.publish({ ...change(n), data: { text } });
    for (const call of calls) call.finish({ text });
    await expect.poll(() => test.log.some(({ message }) => message.includes('does not read'))).toBe(true);
    slow.socket.resume();
    await slow.closed;

    expect(slow.messages.at(-1)).toMatchObject({ method: '$/goaway', params: { reason: 'slow_consumer' } });
    expect(test.log.filter(({ message }) => message.includes('does not read'))).toHaveLength(1);
  });
});
