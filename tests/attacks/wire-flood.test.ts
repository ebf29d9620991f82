import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { chunkFrame, connectRaw, frame, type RawClient } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { goodClientMs, LEAN, loginOf, settledStanding } from '../support/standing.ts';
import { expectUnharmed } from '../support/unharmed.ts';

const PEERS = 8;
const BURST_BYTES = 1024 * 1024;
/** As for an attack that is over. Before connections took turns it was 600 ms and more, and nobody could log in. */
const GOOD_CLIENT_MS = 100;
/** Until every buffer on the way is full. */
const FULL_MS = 300;

const message = (fields: object): Buffer => frame(JSON.stringify({ jsonrpc: '2.0', ...fields }));

/** What is free of charge: no rate limit ends it. */
const FLOODS = {
  'notifications that nobody knows': message({ method: 'x' }),
  'answers to calls that nobody made': message({ id: 1, result: 0 }),
  'cancels of calls that nobody made': message({ method: '$/cancelRequest', params: { id: 1 } }),
  'objects that are no requests': frame('{}'),
  pings: message({ id: 1, method: 'ping' }),
  'empty chunks of a stream that is over': chunkFrame(1, ''),
};

/** Send the same again and again until closed, as fast as the daemon takes it; what it answers is read and dropped. */
async function flood({ socket, closed }: RawClient, bytes: Buffer): Promise<void> {
  const burst = Buffer.concat(Array.from({ length: Math.ceil(BURST_BYTES / bytes.length) }, () => bytes));
  socket.removeAllListeners('data').resume();
  const more = (): void => void socket.write(burst);
  socket.on('drain', more);
  more();
  await closed;
}

describe('the real daemon, while eight connections of one key send as fast as they can', () => {
  const shared = shareDaemon({ env: LEAN });

  for (const [name, bytes] of Object.entries(FLOODS)) {
    it(`serves another key in time: ${name}`, async () => {
      const before = await settledStanding(shared.home);
      const login = loginOf(shared.home, 'submit');
      const peers = await Promise.all(
        Array.from({ length: PEERS }, async () => {
          const peer = await connectRaw(login.endpoint);
          await peer.login(login, ['streams']);
          // Its number is used up by a call that is refused.
          await peer.call('report/submit', { stream: 1 });
          return peer;
        }),
      );

      const floods = peers.map((peer) => flood(peer, bytes));
      await delay(FULL_MS);
      const servedMs = await goodClientMs(loginOf(shared.home));
      for (const { socket } of peers) socket.destroy();
      await Promise.all(floods);

      expect(servedMs).toBeLessThan(GOOD_CLIENT_MS);
      await expectUnharmed(shared.home, before);
    }, 60_000);
  }
});
