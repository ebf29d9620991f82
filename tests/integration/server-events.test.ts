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
      result: { subscription: '1', seq: 0, cursor: '6', resumed: false, snapshot: { submission: { received: 6 } } },
    });
    const events = [await client.notification('event'), await client.notification('event')];
    events.push(await client.notification('event'));
    expect(events.map(({ params }) => params)).toEqual(
      [7, 8, 9].map((n, index) => ({
        subscription: '1',
        seq: index + 1,
        cursor: String(n),
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

    expect((await client.notification('event'))['params']).toMatchObject({ seq: 1, cursor: '2' });
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
});
