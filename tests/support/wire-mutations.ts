// Seeded damage to what a client says: each mutation can be made again from the seed and its number.

import { randomBytes } from 'node:crypto';
import { damaged, makeRandom, type Random } from './wire-damage.ts';
import { chunkFrame, connectRaw, frame, prove, type RawClient, type RawLogin, type RawMessage } from './raw-client.ts';

/** How many, as whom, and from which seed. */
export type MutationOptions = {
  readonly login: RawLogin;
  readonly seed: number;
  readonly mutations: number;
  /** Connections at once. */
  readonly peers: number;
  /** Told after each; false = stop. */
  readonly onMutation?: (done: number) => boolean;
};

/** What came of them. */
export type MutationCounts = { answered: number; closed: number; refusedAtTheGate: number };

const KEYS = Array.from({ length: 4 }, (_none, index) => `00000000-0000-4000-8000-00000000000${index}`);

const request = (id: unknown, method: string, params: unknown): Buffer =>
  frame(JSON.stringify({ jsonrpc: '2.0', id, method, params }));

/** One thing that a client says; `number` is the next stream that it may use. */
function makeFrame(random: Random, number: number): Buffer {
  const id = `m-${number}`;
  const idempotencyKey = random.pick(KEYS);
  return random.pick<() => Buffer>([
    () => request(id, 'ping', {}),
    () => request(random.below(9), 'status/get', { _meta: { deadlineMs: 1000, trace: 't' } }),
    () => request(id, 'report/submit', { name: 'a.bin', content: 'same', idempotencyKey }),
    () => request(id, 'report/submit', { name: 'a.bin', stream: number, size: 4, idempotencyKey, workDoneToken: 1 }),
    () => chunkFrame(number, '', 1),
    () => chunkFrame(number, 'same', random.below(3)),
    () => request(id, 'submission/get', { submissionId: KEYS[0] }),
    () => request(id, 'submission/list', { limit: 2 }),
    () => request(id, 'rpc/describe', {}),
    () => request(id, 'events/subscribe', { topics: ['submission', 'status'] }),
    () => request(id, 'events/unsubscribe', { subscription: 's' }),
    () => frame(JSON.stringify({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } })),
    () => frame(JSON.stringify({ jsonrpc: '2.0', method: '$/credit', params: { stream: 2, bytes: 70_000 } })),
    () => frame(JSON.stringify({ jsonrpc: '2.0', id, result: {} })),
  ])();
}

/** Do these bytes end where a frame does? If not, what comes after them belongs to a frame that may never be whole. */
function isAligned(bytes: Buffer): boolean {
  let at = 0;
  while (at + 4 <= bytes.length) at += 4 + bytes.readUInt32BE(at);
  return at === bytes.length;
}

/** Write in one to three pieces. */
async function writeCut(random: Random, client: RawClient, bytes: Buffer): Promise<void> {
  const places = Array.from({ length: random.below(3) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  let from = 0;
  for (const to of [...places, bytes.length]) {
    client.write(bytes.subarray(from, to));
    from = to;
    if (to < bytes.length) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** A call that says "internal" is a bug that somebody outside can bring about. */
function checkAnswers(messages: readonly RawMessage[]): void {
  for (const { error } of messages) {
    if (error?.data?.code === 'internal') throw new Error(`a mutation was answered ${JSON.stringify(error)}`);
  }
}

/** Damage `hello` or the proof; the connection has to be closed, or let in whoever proved its key all the same. */
async function attackGate(random: Random, login: RawLogin, counts: MutationCounts): Promise<void> {
  await using client = await connectRaw(login.endpoint);
  const nonce = randomBytes(32).toString('base64url');
  const params = { protocol: { min: 1, max: 1 }, kid: login.kid, nonce, client: { name: 'raw', version: '0' } };
  const hello = request('h', 'hello', params);
  if (random.below(2) === 0) await writeCut(random, client, damaged(random, hello));
  else {
    client.write(hello);
    const { result } = await client.answer('h');
    const proof = prove('client', login, [nonce, result.nonce]);
    const authenticate = request('a', 'authenticate', { proof, capabilities: ['streams'] });
    await writeCut(random, client, damaged(random, authenticate));
  }
  client.socket.end();
  await client.closed;
  checkAnswers(client.messages);
  counts.refusedAtTheGate += 1;
}

type Peer = { client: RawClient | null; said: number };

async function enter(peer: Peer, login: RawLogin): Promise<RawClient> {
  if (peer.client !== null && peer.said < 200) return peer.client;
  await peer.client?.[Symbol.asyncDispose]();
  const client = await connectRaw(login.endpoint);
  await client.login(login, ['streams']);
  peer.client = client;
  peer.said = 0;
  return client;
}

/** Say something damaged, then ask whether the daemon still hears: it answers, or it has closed. */
async function attackCalls(random: Random, peer: Peer, { login, counts }: { login: RawLogin; counts: MutationCounts }) {
  const client = await enter(peer, login);
  peer.said += 1;
  const frames = Array.from({ length: 1 + random.below(3) }, () => makeFrame(random, peer.said * 2 - 1));
  const chosen = random.below(frames.length);
  const bytes = Buffer.concat(frames.map((one, index) => (index === chosen ? damaged(random, one) : one)));
  await writeCut(random, client, bytes);
  if (isAligned(bytes)) {
    const isAnswered = await client.call('ping').then(
      () => true,
      () => false,
    );
    counts[isAnswered ? 'answered' : 'closed'] += 1;
    if (!isAnswered) peer.client = null;
  } else {
    client.socket.end();
    await client.closed;
    counts.closed += 1;
    peer.client = null;
  }
  checkAnswers(client.messages.splice(0));
  client.chunks.length = 0;
}

/** The daemon answers or closes, on the busiest machine, and gives a frame 10 s: what takes longer than this hangs. */
const HANG_MS = 45_000;

/** Rejects when it takes longer. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`neither answered nor closed within ${ms} ms`)), ms);
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

/**
 * Attack a daemon with damaged messages, from several connections at once.
 *
 * @returns What came of them.
 * @throws with seed and number of the mutation that was answered `internal`, or at which the daemon could not be reached.
 */
export async function runMutations({ login, seed, mutations, peers, onMutation }: MutationOptions) {
  const counts: MutationCounts = { answered: 0, closed: 0, refusedAtTheGate: 0 };
  let next = 0;

  async function attack(peer: Peer): Promise<void> {
    while (next < mutations) {
      const number = next;
      next += 1;
      const random = makeRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
      try {
        const attacked =
          random.below(8) === 0 ? attackGate(random, login, counts) : attackCalls(random, peer, { login, counts });
        await within(HANG_MS, attacked);
      } catch (cause) {
        throw new Error(`mutation ${number} of seed ${seed} went wrong`, { cause });
      }
      if (onMutation?.(number + 1) === false) next = mutations;
    }
    await peer.client?.[Symbol.asyncDispose]();
  }

  await Promise.all(Array.from({ length: peers }, () => attack({ client: null, said: 0 })));
  return counts;
}
