// Seeded damage to what a client says: each mutation can be made again from the seed and its number.

import { randomBytes } from 'node:crypto';
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

type Random = {
  /** An integer from 0 to below `limit`. */
  readonly below: (limit: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
};

/** Source: mulberry32, public domain; 32 bits of state are enough to tell ten million mutations apart. */
function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: (from) => from[below(from.length)] as (typeof from)[number] };
}

/** Texts that break parsers, put in place of others. */
const TOKENS = [
  '{"__proto__":{"a":1}}',
  '"\\ud800"',
  '\u0000',
  '"\\u0000"',
  '1e999',
  '-0',
  '9007199254740993',
  '[[[[[[[[[[[[[[[[',
  '{"a":'.repeat(40),
  'null',
  '[]',
  '""',
  '"id":1,"id":2',
  '"constructor"',
  'true',
  '\xff\xfe',
];

type Damage = (random: Random, bytes: Buffer) => Buffer;

const cut = (bytes: Buffer, from: number, to: number, between: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]);

const DAMAGES: readonly Damage[] = [
  (random, bytes) => {
    const at = random.below(bytes.length);
    return cut(bytes, at, at + 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << random.below(8))]));
  },
  (random, bytes) => {
    const at = random.below(bytes.length);
    return cut(bytes, at, Math.min(bytes.length, at + 1 + random.below(16)), Buffer.alloc(0));
  },
  (random, bytes) => {
    const at = random.below(bytes.length);
    return cut(bytes, at, at, bytes.subarray(at, at + 1 + random.below(64)));
  },
  (random, bytes) => bytes.subarray(0, 1 + random.below(bytes.length)),
  (random, bytes) => {
    const at = random.below(bytes.length);
    return cut(bytes, at, at + random.below(8), Buffer.from(random.pick(TOKENS), 'latin1'));
  },
  // The length of the first frame.
  (random, bytes) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(random.pick([0, 1, 7, 8, bytes.length, 4097, 65_545, 262_145, 2 ** 31, 2 ** 32 - 1]));
    return cut(bytes, 0, 4, size);
  },
  (_random, bytes) => Buffer.concat([bytes, bytes]),
];

/** One value of a JSON text in place of another: what a schema meets that has got past the parser. */
function damageValue(random: Random, text: string): string {
  const values = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+|true|false|null/g)];
  const value = values[random.below(values.length)];
  if (value === undefined) return text;
  const other = random.below(2) === 0 ? random.pick(TOKENS) : random.pick(values)[0];
  return text.slice(0, value.index) + other + text.slice(value.index + value[0].length);
}

/** Damage the body of a frame and tell its length rightly: what a parser meets that has got past the framing. */
function damageBody(random: Random, whole: Buffer): Buffer {
  const body = whole.subarray(4);
  if (body[0] === 0x7b && random.below(2) === 0) return frame(damageValue(random, body.toString('utf8')));
  return frame(random.pick(DAMAGES)(random, body));
}

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

function damaged(random: Random, whole: Buffer): Buffer {
  const damage = random.below(3) === 0 ? random.pick(DAMAGES) : damageBody;
  const bytes = damage(random, whole);
  return random.below(4) === 0 && bytes.length > 0 ? random.pick(DAMAGES)(random, bytes) : bytes;
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
        if (random.below(8) === 0) await attackGate(random, login, counts);
        else await attackCalls(random, peer, { login, counts });
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
