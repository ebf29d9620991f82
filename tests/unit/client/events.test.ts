import { describe, expect, it } from 'vitest';
import { makeEventQueue } from '../../../src/client/event-queue.ts';
import { makeEventRouter } from '../../../src/client/events.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/link/json-body.ts';

const change = (seq: number, subscription = 'sub'): JsonObject => ({
  subscription,
  seq,
  cursor: `c${seq}`,
  topic: 'submission',
  data: { submissionId: `id-${seq}`, state: 'received', name: 'a.csv' },
});

const ignore = (): void => undefined;

function openRouter() {
  const seen: unknown[] = [];
  const router = makeEventRouter();
  router.open({ subscription: 'sub', seq: 0 }, { event: ({ seq }) => seen.push(seq), lagged: (gap) => seen.push(gap) });
  return { seen, router };
}

describe('an event router', () => {
  it('hands events to their subscription in order, with what was left out', () => {
    const { seen, router } = openRouter();

    router.deliver('event', change(1));
    router.deliver('event/lagged', { subscription: 'sub', from: 2, to: 9 });
    router.deliver('event', change(10));

    expect(seen).toEqual([1, { from: 2, to: 9 }, 10]);
  });

  it('counts from the number of the answer', () => {
    const seen: number[] = [];
    const router = makeEventRouter();
    router.open({ subscription: 'sub', seq: 41 }, { event: ({ seq }) => seen.push(seq), lagged: () => undefined });

    router.deliver('event', change(42));

    expect(seen).toEqual([42]);
  });

  it.each([
    ['missing', change(2)],
    ['told twice', change(0)],
  ])('is an end of the connection when an event is %s', (_what, params) => {
    const { router } = openRouter();

    expect(() => router.deliver('event', params)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(() => router.deliver('event/lagged', { subscription: 'sub', from: 2, to: 3 })).toThrow('event 2');
  });

  it('ignores events of a subscription that was ended', () => {
    const { seen, router } = openRouter();
    router.close('sub');

    router.deliver('event', change(1));

    expect(seen).toEqual([]);
  });

  it.each([
    ['an event', 'event', { ...change(1), topic: undefined }],
    ['an event of an unknown topic', 'event', { ...change(1), topic: 'weather' }],
    ['a gap', 'event/lagged', { subscription: 'sub', from: 'a' }],
    ['a gap that ends before it begins', 'event/lagged', { subscription: 'sub', from: 1, to: 0 }],
  ])('refuses %s that is malformed', (_what, method, params) => {
    const { router } = openRouter();

    expect(() => router.deliver(method, params)).toThrow(AirlockError);
  });
});

describe('an event queue', () => {
  it('gives items in order, those that came before and those that come while it waits', async () => {
    const queue = makeEventQueue<number>(ignore);
    queue.push(1);

    const first = await queue.next();
    const second = queue.next();
    queue.push(2);

    expect([first.value, (await second).value]).toEqual([1, 2]);
  });

  it('tells once that it failed, and nothing when it was stopped or aborted', () => {
    const told: string[] = [];
    const queueOf = (name: string) => makeEventQueue<number>(() => void told.push(name));
    const [failed, stopped, aborted] = [queueOf('failed'), queueOf('stopped'), queueOf('aborted')];
    const lost = new AirlockError('unavailable', 'Cannot reach airlock: the connection was lost');
    stopped.stop();
    aborted.abort(new Error('enough'));

    for (const queue of [failed, failed, stopped, aborted]) queue.fail(lost);

    expect(told).toEqual(['failed']);
  });

  it('gives what is there, then throws, when it failed', async () => {
    const queue = makeEventQueue<number>(ignore);
    const lost = new AirlockError('unavailable', 'Cannot reach airlock: the connection was lost');
    queue.push(1);
    queue.fail(lost);
    queue.push(2);

    expect((await queue.next()).value).toBe(1);
    await expect(queue.next()).rejects.toBe(lost);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it('throws at once when it was aborted, and ends quietly when it was stopped', async () => {
    const [aborted, stopped] = [makeEventQueue<number>(ignore), makeEventQueue<number>(ignore)];
    const reason = new Error('enough');
    for (const queue of [aborted, stopped]) queue.push(1);

    aborted.abort(reason);
    stopped.stop();

    await expect(aborted.next()).rejects.toBe(reason);
    expect(await stopped.next()).toEqual({ done: true, value: undefined });
  });

  it.each([
    [9_999, 'open'],
    [10_000, 'open'],
    [10_001, 'slow_consumer'],
  ])('is %i items behind: %s', async (count, expected) => {
    const queue = makeEventQueue<number>(ignore);
    for (let item = 1; item <= count; item += 1) queue.push(item);
    for (let taken = 0; taken < Math.min(count, 10_000); taken += 1) await queue.next();

    const end = queue.next().then(
      () => 'open',
      (error: unknown) => (error instanceof AirlockError ? error.data.reason : error),
    );
    queue.stop();

    expect(await end).toBe(expected);
  });
});
