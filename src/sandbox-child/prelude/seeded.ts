// Chance and time as the job says: the same job gives the same result.

const { construct, defineProperty } = Reflect;

const NativeDate = Date;
const { imul } = Math;

let nowUnixMs = 0;
let state = 0;

/**
 * A number of the sequence, 0 ≤ n < 1.
 *
 * Source: mulberry32 by Tommy Ettinger (public domain); 32 bits of state, good enough for test data, never for secrets.
 */
function nextRandom(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}

function define(target: object, name: string, value: unknown): void {
  defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
}

/** Put seeded versions in the place of the sources of chance and time. */
export function seedRealm(): void {
  const SeededDate = function (...parts: unknown[]): unknown {
    if (new.target === undefined) return new NativeDate(nowUnixMs).toString();
    return construct(NativeDate, parts.length === 0 ? [nowUnixMs] : parts, new.target);
  };
  defineProperty(SeededDate, 'name', { value: 'Date' });
  defineProperty(SeededDate, 'length', { value: 7 });
  defineProperty(SeededDate, 'prototype', { value: NativeDate.prototype, writable: false });
  define(SeededDate, 'parse', NativeDate.parse);
  define(SeededDate, 'UTC', NativeDate.UTC);
  define(SeededDate, 'now', () => nowUnixMs);
  define(NativeDate.prototype, 'constructor', SeededDate);
  define(globalThis, 'Date', SeededDate);
  define(Math, 'random', nextRandom);
}

/**
 * Set what the job says. Order: before the converter's modules run.
 *
 * @param now - Wall clock, milliseconds since 1970 UTC.
 * @param seed - 0 … 2³²−1.
 */
export function configureRealm(now: number, seed: number): void {
  nowUnixMs = now;
  state = seed | 0;
}
