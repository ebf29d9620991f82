import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { makeInFlight } from '../../../src/client/in-flight.ts';
import { openScriptedDaemon, type Script } from '../../support/scripted-daemon.ts';

const never = new AbortController().signal;
const LIMITS = {
  jsonFrame: 262_144,
  chunk: 65_536,
  depth: 64,
  inline: 131_072,
  callsInFlight: 2,
  streams: 1,
  subscriptions: 16,
  unsentBytes: 8_388_608,
  report: 67_108_864,
};

const TAKEN = { submissionId: 's', sha256: '', bytes: 5, duplicate: false };

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('piece');
}

describe('inFlight', () => {
  it('is given to those who wait in the order of their coming, and not past them', async () => {
    const inFlight = makeInFlight(() => ({ callsInFlight: 1, streams: 1 }));
    const order: number[] = [];
    inFlight.take('call');
    const waiting = [1, 2].map((one) => inFlight.wait('call', never).then(() => order.push(one)));

    inFlight.leave('call');
    const isTaken = inFlight.take('call');
    await waiting[0];
    inFlight.leave('call');
    await waiting[1];

    expect([order, isTaken]).toEqual([[1, 2], false]);
  });

  it('is given to as many who wait as a later connection allows', async () => {
    const limits = { callsInFlight: 1, streams: 1 };
    const inFlight = makeInFlight(() => limits);
    const order: number[] = [];
    inFlight.take('call');
    const waiting = [1, 2, 3].map((one) => inFlight.wait('call', never).then(() => order.push(one)));

    limits.callsInFlight = 2;
    inFlight.leave('call');
    await Promise.all(waiting.slice(0, 2));

    expect(order).toEqual([1, 2]);
  });

  it('is not lost by those who gave up waiting', async () => {
    const inFlight = makeInFlight(() => ({ callsInFlight: 1, streams: 1 }));
    const controller = new AbortController();
    const reason = new Error('enough');
    inFlight.take('call');
    const gone = inFlight.wait('call', controller.signal);
    gone.catch(() => undefined);

    controller.abort(reason);
    inFlight.leave('call');

    await expect(gone).rejects.toBe(reason);
    expect([inFlight.take('call'), inFlight.take('call')]).toEqual([true, false]);
  });

  it('is counted for calls and uploads apart', () => {
    const inFlight = makeInFlight(() => ({ callsInFlight: 2, streams: 1 }));

    expect([inFlight.take('upload'), inFlight.take('upload'), inFlight.take('call')]).toEqual([true, false, true]);
  });
});

describe('a client', () => {
  it('has as many calls and uploads under way as the server takes, and the others wait', async () => {
    const held: Parameters<Script>[] = [];
    const answer: Script = (peer, { id, method }) =>
      peer.reply(id, method === 'ping' ? { bootId: 'b', uptimeMs: 1 } : TAKEN);
    let script: Script = (...request) => void held.push(request);
    await using daemon = await openScriptedDaemon((...request) => script(...request), {
      session: { limits: LIMITS, capabilities: ['streams'] },
    });
    await using client = await connect(daemon.options);
    const submit = () => client.submit({ name: 'a', content: pieces });

    const work = [submit(), submit(), client.call('ping', {})];
    const late = client.call('ping', {}, { deadlineMs: 30 });

    await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded', data: { reason: 'too_many_in_flight' } });
    expect(held.map(([, { method }]) => method)).toEqual(['report/submit', 'ping']);
    script = answer;
    for (const request of held) answer(...request);
    expect(await Promise.all(work)).toEqual([TAKEN, TAKEN, { bootId: 'b', uptimeMs: 1 }]);
  });
});
