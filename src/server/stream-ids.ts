// Which stream numbers of a connection were used: none is ever used twice.

import { MAX_STREAM_ID } from '../protocol/stream-names.ts';

/** The odd numbers that a peer has used. */
export type UsedIds = {
  readonly has: (id: number) => boolean;
  /** @returns false when it was used before, is no odd number of the range, or leaves more gaps than are remembered. */
  readonly use: (id: number) => boolean;
};

/** Numbers above a gap that one connection may use: a client that counts up leaves none. */
const MAX_SCATTERED = 4096;

const isOdd = (id: number): boolean => Number.isInteger(id) && id >= 1 && id <= MAX_STREAM_ID && id % 2 === 1;

/** Make an empty set. Its size is bounded: numbers without a gap below them cost nothing. */
export function makeUsedIds(): UsedIds {
  const scattered = new Set<number>();
  // Invariant: every odd number below it was used.
  let next = 1;

  function has(id: number): boolean {
    return isOdd(id) && (id < next || scattered.has(id));
  }

  function use(id: number): boolean {
    if (!isOdd(id) || has(id)) return false;
    if (id !== next && scattered.size >= MAX_SCATTERED) return false;
    scattered.add(id);
    while (scattered.delete(next)) next += 2;
    return true;
  }

  return { has, use };
}
