import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { makeSeats } from '../../../src/client/seats.ts';
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

describe('seats', () => {
  it('are given to those who wait in the order of their coming, and not past them', async () => {
    const seats = makeSeats(() => ({ callsInFlight: 1, streams: 1 }));
    const order: number[] = [];
    seats.take('call');
    const waiting = [1, 2].map((one) => seats.wait('call', never).then(() => order.push(one)));

    seats.leave('call');
    const isTaken = seats.take('call');
    await waiting[0];
    seats.leave('call');
    await waiting[1];

    expect([order, isTaken]).toEqual([[1, 2], false]);
  });

  it('are not lost by those who gave up waiting', async () => {
    const seats = makeSeats(() => ({ callsInFlight: 1, streams: 1 }));
    const controller = new AbortController();
    const reason = new Error('enough');
    seats.take('call');
    const gone = seats.wait('call', controller.signal);
    gone.catch(() => undefined);

    controller.abort(reason);
    seats.leave('call');

    await expect(gone).rejects.toBe(reason);
    expect([seats.take('call'), seats.take('call')]).toEqual([true, false]);
  });

  it('are counted for calls and uploads apart', () => {
    const seats = makeSeats(() => ({ callsInFlight: 2, streams: 1 }));

    expect([seats.take('upload'), seats.take('upload'), seats.take('call')]).toEqual([true, false, true]);
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
