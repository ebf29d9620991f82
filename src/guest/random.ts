// Random numbers that follow a seed, so that the same submission converts the same way.

/**
 * A generator (mulberry32).
 *
 * @param seed - 0 … 2³²−1.
 * @returns A function that gives 0 ≤ n < 1.
 */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
