import { describe, expect, it } from 'vitest';
import { makeCallSeats } from '../../../src/conversion/call-seats.ts';

const neverAborted = new AbortController().signal;

/** Ask for seats; how many were given at once? */
async function takeMany(runners: number, count: number) {
  const seats = makeCallSeats(runners);
  const taken: Disposable[] = [];
  const all = Array.from({ length: count }, () =>
    seats.take('a', { signal: neverAborted }).then((seat) => (taken.push(seat), seat)),
  );
  await new Promise<void>((resolve) => setImmediate(resolve));
  return { taken, all, seats };
}

describe('makeCallSeats()', () => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 3],
  ])('leaves the queue a runner of its own: with %i runners %i callers at once', async (runners, atOnce) => {
    const { taken, all } = await takeMany(runners, 5);

    expect(taken).toHaveLength(atOnce);
    for (let index = 0; index < 5; index += 1) {
      taken[index]?.[Symbol.dispose]();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    expect(taken).toHaveLength(5);
  });

  it.each([
    [1, 31, 0],
    [1, 32, 0],
    [1, 33, 1],
    [4, 63, 0],
    [4, 64, 0],
    [4, 65, 1],
  ])('for %i keys with %i behind the one that runs refuses %i', async (keys, waiting, refused) => {
    const seats = makeCallSeats(2);
    const errors: unknown[] = [];

    for (let index = 0; index <= waiting; index += 1) {
      seats.take(`k${index % keys}`, { signal: neverAborted }).catch((error: unknown) => errors.push(error));
    }
    await new Promise<void>((resolve) => setImmediate(resolve));

    const error = { code: 'queue_full', data: { reason: 'waiting', retryAfterMs: 500 } };
    expect(errors).toMatchObject(Array.from({ length: refused }, () => error));
  });

  it('lets keys take turns, however much one of them asks for', async () => {
    const seats = makeCallSeats(2);
    const order: string[] = [];
    const ask = async (kid: string): Promise<void> => {
      using _seat = await seats.take(kid, { signal: neverAborted });
      order.push(kid);
      await new Promise<void>((resolve) => setImmediate(resolve));
    };

    await Promise.all([...Array.from({ length: 5 }, () => ask('greedy')), ask('other'), ask('third')]);

    expect(order).toEqual(['greedy', 'greedy', 'other', 'third', 'greedy', 'greedy', 'greedy']);
  });

  it('gives the place of a caller that gave up to the next one', async () => {
    const seats = makeCallSeats(2);
    const first = await seats.take('a', { signal: neverAborted });
    const leaving = new AbortController();
    const left = seats.take('a', { signal: leaving.signal });
    const next = seats.take('a', { signal: neverAborted });

    leaving.abort(new Error('gone'));
    first[Symbol.dispose]();

    await expect(left).rejects.toThrow('gone');
    await expect(next).resolves.toBeDefined();
  });
});
