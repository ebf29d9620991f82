import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chunkFrame, connectRaw, frame, prove, type RawClient, type RawLogin } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { LEAN, loginOf, settledStanding } from '../support/standing.ts';
import { expectUnharmed } from '../support/unharmed.ts';

const END = 1;
const UPLOAD = { name: 'cut.bin', stream: 1, idempotencyKey: '00000000-0000-4000-8000-0000000000c0' };
const CALLS = [
  frame('{"jsonrpc":"2.0","id":"ping","method":"ping"}'),
  frame('{"jsonrpc":"2.0","method":"$/unknown","params":{}}'),
  frame(JSON.stringify({ jsonrpc: '2.0', id: 'up', method: 'report/submit', params: UPLOAD })),
];
const CHUNKS = [
  chunkFrame(1, 'four'),
  chunkFrame(1, 'more', END),
  frame('{"jsonrpc":"2.0","id":2,"method":"no/such"}'),
];

/** How a phase of the conversation is written. */
type Write = (client: RawClient, phase: readonly Buffer[]) => Promise<void>;

/** One whole conversation: hello | authenticate and calls | chunks of the upload and a call. Answers what was answered. */
async function converse(login: RawLogin, write: Write): Promise<unknown> {
  await using client = await connectRaw(login.endpoint);
  const nonce = randomBytes(32).toString('base64url');
  const params = { protocol: { min: 1, max: 1 }, kid: login.kid, nonce, client: { name: 'raw', version: '0' } };
  await write(client, [frame(JSON.stringify({ jsonrpc: '2.0', id: 'h', method: 'hello', params }))]);
  const proof = prove('client', login, [nonce, (await client.answer('h'))['result'].nonce]);
  const authenticate = { id: 'a', method: 'authenticate', params: { proof, capabilities: ['streams'] } };
  await write(client, [frame(JSON.stringify({ jsonrpc: '2.0', ...authenticate })), ...CALLS]);
  await client.notification('$/credit');
  await write(client, CHUNKS);
  const upload = await client.answer('up');
  return {
    session: (await client.answer('a'))['result'].scopes,
    ping: (await client.answer('ping'))['result'].bootId.length > 0,
    upload: upload['result'].bytes,
    unknown: (await client.answer(2))['error'].code,
  };
}

const WHOLE = { session: ['submit', 'read', 'admin'], ping: true, upload: 8, unknown: -32_601 };

/** Bytes of each phase; nonces and proofs always have the same length. */
async function measurePhases(login: RawLogin): Promise<readonly number[]> {
  const sizes: number[] = [];
  const seen = await converse(login, async (client, phase) => {
    const bytes = Buffer.concat(phase);
    sizes.push(bytes.length);
    client.write(bytes);
  });
  expect(seen).toEqual(WHOLE);
  return sizes;
}

describe('a conversation with the real daemon', () => {
  const shared = shareDaemon({
    env: LEAN,
    prepare: (home) => home.configure({ ipc: { rate: { submit: { perMinute: 0 } } } }),
  });

  it('goes the same way wherever it is cut in two', async () => {
    const login = loginOf(shared.home);
    await using other = await connectRaw(login.endpoint);
    await other.login(login);
    const sizes = await measurePhases(login);
    const before = await settledStanding(shared.home);
    const results = new Set<string>();
    let cuts = 0;

    for (const [place, size] of sizes.entries()) {
      for (let at = 1; at < size; at += 1) {
        let phase = -1;
        const seen = await converse(login, async (client, frames) => {
          phase += 1;
          const bytes = Buffer.concat(frames);
          if (phase !== place) return client.write(bytes);
          client.write(bytes.subarray(0, at));
          // Another peer's answer: the daemon has read what was written before.
          await other.call('ping');
          client.write(bytes.subarray(at));
        });
        results.add(JSON.stringify(seen));
        cuts += 1;
      }
    }

    expect([...results]).toEqual([JSON.stringify(WHOLE)]);
    expect(cuts).toBe(sizes.reduce((sum, size) => sum + size - 1, 0));
    await expectUnharmed(shared.home, before);
  });

  it('goes the same way byte by byte', async () => {
    const login = loginOf(shared.home);
    await using other = await connectRaw(login.endpoint);
    await other.login(login);

    const seen = await converse(login, async (client, phase) => {
      for (const byte of Buffer.concat(phase)) {
        client.write(Buffer.from([byte]));
        await other.call('ping');
      }
    });

    expect(seen).toEqual(WHOLE);
  });

  it('goes the same way however its frames are glued together', async () => {
    const login = loginOf(shared.home);
    await using other = await connectRaw(login.endpoint);
    await other.login(login);
    const results = new Set<string>();

    for (let joints = 0; joints < 2 ** 5; joints += 1) {
      let joint = 0;
      const seen = await converse(login, async (client, phase) => {
        let piece: Buffer[] = [];
        for (const [index, one] of phase.entries()) {
          piece.push(one);
          const isLast = index === phase.length - 1;
          if (!isLast && ((joints >> joint++) & 1) === 1) continue;
          client.write(Buffer.concat(piece));
          piece = [];
          await other.call('ping');
        }
      });
      results.add(JSON.stringify(seen));
    }

    expect([...results]).toEqual([JSON.stringify(WHOLE)]);
  });
});
