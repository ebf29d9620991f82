import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connectRaw, prove, type RawLogin, type RawMessage } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { loginOf } from '../support/standing.ts';

const ROUNDS = 300;
const WARM_UP = 50;
/** Medians of so many rounds on a busy machine differ by a few per cent; a look into a file or a delay would double one. */
const FACTOR = 1.3;

/** What a stranger who holds no key sees: every byte but the random ones, and how long each answer took, in milliseconds. */
type Seen = { readonly text: string; readonly helloMs: number; readonly proofMs: number };

const masked = ({ result, ...rest }: RawMessage): string =>
  JSON.stringify({
    ...rest,
    ...(result === undefined
      ? {}
      : { result: { ...result, nonce: result.nonce.length, proof: `${result.proof.length}` } }),
  });

async function knock(login: RawLogin, kid: string): Promise<Seen> {
  await using client = await connectRaw(login.endpoint);
  const startMs = performance.now();
  const { answer } = await client.hello({ ...login, kid });
  const greetedMs = performance.now();
  const proof = randomBytes(32).toString('base64url');
  const refused = await client.call('authenticate', { proof, capabilities: [] });
  const refusedMs = performance.now();
  await client.closed;
  const text = `${masked(answer)}${masked(refused)}${client.messages.length}`;
  return { text, helloMs: greetedMs - startMs, proofMs: refusedMs - greetedMs };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** How many times the larger is the smaller. */
const ratio = (one: readonly number[], other: readonly number[]): number => {
  const [a, b] = [median(one), median(other)];
  return Math.max(a, b) / Math.min(a, b);
};

describe('somebody without a key', () => {
  const shared = shareDaemon({
    // One bucket for the whole daemon: its delay would hide what is measured here.
    prepare: (home) => home.configure({ ipc: { failedProofs: { count: 10_000, per: '100 ms' } } }),
  });

  it('cannot tell key ids that are there from others, by no byte and by no time', async () => {
    const login = loginOf(shared.home);
    const kids = ['local', 'nobod', 'submit', 'zzzzzz'];
    const seen = new Map(kids.map((kid) => [kid, [] as Seen[]]));

    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      // Each goes first as often as the others.
      for (let index = 0; index < kids.length; index += 1) {
        const kid = kids[(index + round) % kids.length] ?? '';
        const one = await knock(login, kid);
        if (round >= WARM_UP) seen.get(kid)?.push(one);
      }
    }

    const all = [...seen.values()];
    expect(new Set(all.flat().map(({ text }) => text)).size).toBe(1);
    const [local = [], nobody = [], submit = [], nobodyElse = []] = all;
    const there = [...local, ...submit];
    const notThere = [...nobody, ...nobodyElse];
    const ratios = [
      ratio(
        there.map(({ helloMs }) => helloMs),
        notThere.map(({ helloMs }) => helloMs),
      ),
      ratio(
        there.map(({ proofMs }) => proofMs),
        notThere.map(({ proofMs }) => proofMs),
      ),
    ];
    expect(Math.max(...ratios)).toBeLessThan(FACTOR);
  });

  it('is refused with the right proof of every other key, name, version and side', async () => {
    const login = loginOf(shared.home);
    const other = { ...login, key: randomBytes(32).toString('base64url') };
    const text = (parts: readonly string[]): string => parts.join('\n');
    const forgeries: Record<string, (nonces: readonly [string, string], answer: RawMessage) => string> = {
      'another key': (nonces) => prove('client', other, nonces),
      'the submit key': (nonces) => prove('client', { ...loginOf(shared.home, 'submit'), kid: 'local' }, nonces),
      'another endpoint': (nonces) => prove('client', { ...login, endpoint: `${login.endpoint}2` }, nonces),
      'another instance': (nonces) => prove('client', { ...login, instance: 'other' }, nonces),
      'an older version': (nonces) => prove('client', login, nonces, '0'),
      'a newer version': (nonces) => prove('client', login, nonces, '2'),
      'the other side': (nonces) => prove('server', login, nonces),
      'nonces the other way round': ([mine, theirs]) => prove('client', login, [theirs, mine]),
      'the nonce of nobody': ([mine]) => prove('client', login, [mine, 'n'.repeat(43)]),
      'the proof of the server': (_nonces, answer) => answer['result'].proof,
      'a proof cut short': (nonces) => prove('client', login, nonces).slice(0, 42),
      'a proof and more': (nonces) => text([prove('client', login, nonces), 'x']),
      'no proof': () => '',
    };

    for (const [what, forge] of Object.entries(forgeries)) {
      await using client = await connectRaw(login.endpoint);
      const { answer, nonces } = await client.hello(login);
      const { error } = await client.call('authenticate', { proof: forge(nonces, answer), capabilities: [] });
      expect([what, ['unauthenticated', 'invalid_params'].includes(error.data.code)]).toEqual([what, true]);
      await client.closed;
    }
  });

  it('cannot use a proof that was right on another connection, with the same nonce of his own', async () => {
    const login = loginOf(shared.home);
    const hello = (nonce: string): unknown => ({
      protocol: { min: 1, max: 1 },
      kid: 'local',
      nonce,
      client: { name: 'raw', version: '0' },
    });
    const nonce = randomBytes(32).toString('base64url');
    await using heard = await connectRaw(login.endpoint);
    const proof = prove('client', login, [nonce, (await heard.call('hello', hello(nonce)))['result'].nonce]);
    await using replaying = await connectRaw(login.endpoint);
    await replaying.call('hello', hello(nonce));

    const replayed = await replaying.call('authenticate', { proof, capabilities: [] });
    const own = await heard.call('authenticate', { proof, capabilities: [] });

    expect(replayed['error'].data.code).toBe('unauthenticated');
    expect(own['result']).toBeDefined();
  });

  it.each([
    [{ min: 0, max: 0 }, 'unsupported_protocol'],
    [{ min: 2, max: 2 }, 'unsupported_protocol'],
    [{ min: 2, max: 1 }, 'unsupported_protocol'],
    [{ min: -1, max: 2 ** 60 }, 'invalid_params'],
  ])('is not let in by the versions %j: %s', async (protocol, code) => {
    const login = loginOf(shared.home);
    await using client = await connectRaw(login.endpoint);
    const params = { protocol, kid: 'local', nonce: 'n'.repeat(43), client: { name: 'raw', version: '0' } };

    const { error } = await client.call('hello', params);

    expect(error.data.code).toBe(code);
    await client.closed;
  });
});
