import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { Connection } from '../../../src/client/connection.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { encodeJson } from '../../../src/link/framing.ts';
import { writeRequest } from '../../../src/link/json-rpc.ts';
import type { Wire } from '../../../src/link/wire.ts';
import { openTestServer } from '../../support/link-server.ts';

const MIB = 1024 ** 2;
const CAPS = { jsonBytes: MIB, chunkBytes: null, frames: null, totalBytes: null };

function makeWire(unsentBytes: number) {
  const sent: string[] = [];
  const wire: Wire = {
    id: 1,
    send: (bytes) => sent.push(Buffer.from(bytes).subarray(4).toString()) > 0,
    unsentBytes: () => unsentBytes,
    pause: () => undefined,
    resume: () => undefined,
    end: () => Promise.resolve(),
    destroy: () => undefined,
  };
  return { sent, wire };
}

describe('a client of a server that holds the key and means harm', () => {
  it('answers what it is asked in few words, however long the question', () => {
    const { sent, wire } = makeWire(0);
    const connection = new Connection({ clock: systemClock, onNotification: () => undefined }, wire, CAPS);

    connection.events.onBytes(encodeJson(writeRequest(1, 'x'.repeat(100_000), {})));

    expect(JSON.parse(sent[0] ?? '').error.data.code).toBe('unknown_method');
    expect(sent[0]?.length).toBeLessThan(300);
  });

  it('hangs up when it is asked without end and nobody reads the answers', async () => {
    const { sent, wire } = makeWire(17 * MIB);
    const connection = new Connection({ clock: systemClock, onNotification: () => undefined }, wire, CAPS);

    connection.events.onBytes(encodeJson(writeRequest(1, 'ping', {})));

    expect(await connection.closed).toMatchObject({ code: 'unavailable', data: { reason: 'protocol_error' } });
    expect(sent).toEqual([]);
  });

  it('keeps no more than a MiB of a frame, whatever limit it was told', async () => {
    const head = Buffer.from('00b71b007b', 'hex');
    await using server = await openTestServer({
      onMessage: (peer, message) => void (message.kind === 'request' && peer.wire.send(head)),
      session: {
        limits: {
          jsonFrame: 4_000_000_000,
          chunk: 4_000_000_000,
          depth: 64,
          inline: 131_072,
          callsInFlight: 32,
          streams: 8,
          subscriptions: 16,
          unsentBytes: 8 * MIB,
          report: MIB,
        },
      },
    });
    await using client = await connect({ ...server.options, reconnect: false });

    const call = client.call('ping', {}, { deadlineMs: 5000 });

    await expect(call).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'protocol_error' } });
  });
});
