import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { frame, type RawClient } from '../support/raw-client.ts';
import { type LoggedLine, startTestServer } from '../support/test-server.ts';

/** A machine so slow that whatever is done takes longer than the turn of a connection. */
function slowMachine(): Clock {
  let nowMs = 0;
  return { ...systemClock, monotonicMs: () => (nowMs += 1) };
}

const ping = (id: number): Buffer => frame(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' }));

/** Throws at the first line that says this, as a bug anywhere on the way of a message would. */
function breakAt(log: readonly LoggedLine[], message: string): void {
  let isBroken = true;
  const push = (line: LoggedLine): number => {
    if (!isBroken || line.message !== message) return Array.prototype.push.call(log, line);
    isBroken = false;
    throw new Error('a bug');
  };
  Object.assign(log, { push });
}

const answersOf = (client: RawClient, ids: readonly number[]): Promise<unknown> =>
  Promise.all(ids.map((id) => client.answer(id)));

describe('a connection that has had its turn', () => {
  it('works on one message in each turn at the least, and answers all in order', async () => {
    await using test = await startTestServer({ clock: slowMachine() });
    const client = await test.enter();

    client.write(Buffer.concat([1, 2, 3, 4, 5].map(ping)));

    expect(await answersOf(client, [1, 2, 3, 4, 5])).toMatchObject([1, 2, 3, 4, 5].map((id) => ({ id, result: {} })));
  });

  it.each([
    ['at once', systemClock],
    ['in its next turn', slowMachine()],
  ])('is closed alone when the code that handles what came throws %s, and the bug is logged', async (_when, clock) => {
    await using test = await startTestServer({ clock });
    const [client, other] = [await test.enter(), await test.enter()];
    breakAt(test.log, 'connection is refused');

    client.write(Buffer.concat([ping(1), frame('{no JSON}')]));
    await client.closed;

    expect(await other.call('ping')).toMatchObject({ result: {} });
    expect(test.log.filter(({ level }) => level === 'error').map(({ fields }) => fields)).toMatchObject([
      { err: new Error('a bug') },
    ]);
  });
});
