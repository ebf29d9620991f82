// Ways to damage a frame, chosen by a seeded chance.

import { frame } from './raw-client.ts';

/** Chance that can be repeated. */
export type Random = {
  /** An integer from 0 to below `limit`. */
  readonly below: (limit: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
};

/** Source: mulberry32, public domain; 32 bits of state are enough to tell ten million mutations apart. */
export function makeRandom(seed: number): Random {
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
  const other = random.below(3) === 0 ? random.pick(TOKENS) : random.pick(values)[0];
  return text.slice(0, value.index) + other + text.slice(value.index + value[0].length);
}

/** Damage the body of a frame and tell its length rightly: what a parser meets that has got past the framing. */
function damageBody(random: Random, whole: Buffer): Buffer {
  const body = whole.subarray(4);
  if (body[0] === 0x7b && random.below(4) > 0) return frame(damageValue(random, body.toString('utf8')));
  return frame(random.pick(DAMAGES)(random, body));
}

/**
 * Damage one frame once or twice: its values, its body, or all of it.
 *
 * @param whole - The frame, its length in front.
 */
export function damaged(random: Random, whole: Buffer): Buffer {
  const damage = random.below(3) === 0 ? random.pick(DAMAGES) : damageBody;
  const bytes = damage(random, whole);
  return random.below(4) === 0 && bytes.length > 0 ? random.pick(DAMAGES)(random, bytes) : bytes;
}
