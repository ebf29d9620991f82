import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { startDestinationLoop } from '../../../src/delivery/destination-loop.ts';
import { type PolicyState, UP } from '../../../src/delivery/destination-policy.ts';
import type { OutgoingReport, Send, SendOutcome } from '../../../src/delivery/send.ts';
import { type FakeDeliveryStore, makeFakeDeliveryStore } from '../../support/fake-delivery-store.ts';
import { makeManualClock, type ManualClock } from '../../support/manual-clock.ts';

const retry = { first: 5_000, max: 900_000, probe: 300_000 };
const delivered: SendOutcome = { kind: 'delivered', serverId: null, answer: null };
const unauthorized: SendOutcome = { kind: 'misconfigured', reason: 'unauthorized', error: '401', answer: null };
const refused: SendOutcome = { kind: 'refused', reason: 'status_400', error: 'no', answer: null };
const down: SendOutcome = { kind: 'transient', reason: 'network', error: 'x', answer: null, retryAfterMs: null };
const held: PolicyState = { ...UP, state: 'held', reason: 'unauthorized', dueMs: 0 };

/** Let everything that only waits for promises go on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Sends that a test answers one by one. */
function makeRemote() {
  const open: { readonly report: OutgoingReport; readonly answer: (outcome: SendOutcome) => void }[] = [];
  const send: Send = (report, { signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<SendOutcome>();
    signal.addEventListener('abort', () => reject(signal.reason));
    open.push({ report, answer: resolve });
    return promise;
  };
  return { send, open };
}

type Bench = {
  readonly clock?: ManualClock;
  readonly store?: FakeDeliveryStore;
  readonly initial?: PolicyState;
  readonly send: Send;
};

function start({ clock = makeManualClock(), store = makeFakeDeliveryStore(), initial = UP, send }: Bench) {
  const deps = { store, clock, log: silentLogger, random: () => 0.5 };
  const loop = startDestinationLoop(deps, { name: 'wats', send, retry, concurrent: 5, initial });
  const stop = (): Promise<void> => loop.drain({ signal: AbortSignal.abort(new Error('over')) });
  return { clock, store, loop, [Symbol.asyncDispose]: stop };
}

/** Answers in order, the last one for ever. */
function answering(...outcomes: readonly SendOutcome[]): Send {
  let index = 0;
  return async () => {
    const outcome = outcomes[Math.min(index, outcomes.length - 1)];
    index += 1;
    if (outcome === undefined) throw new Error('Cannot answer: no outcome');
    return outcome;
  };
}

describe('startDestinationLoop()', () => {
  it('delivers what is ready, and what becomes ready later', async () => {
    const store = makeFakeDeliveryStore();
    store.add(2);
    await using bench = start({ store, send: answering(delivered) });
    await settled();

    bench.store.add(1);
    await settled();

    expect(store.states()).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it('runs as many uploads at once as configured, and the next when one ends', async () => {
    const store = makeFakeDeliveryStore();
    store.add(7);
    const { send, open } = makeRemote();
    await using _bench = start({ store, send });
    await settled();
    expect(open).toHaveLength(5);

    open[0]?.answer(delivered);
    await settled();

    expect(open).toHaveLength(6);
  });

  it.each([
    [999, 0],
    [1_000, 1],
  ])('claims again when the next delivery is due in 1000 ms: after %i ms it has sent %i', async (ms, sent) => {
    const store = makeFakeDeliveryStore();
    const { send, open } = makeRemote();
    store.nextDueInMs = 1_000;
    await using bench = start({ store, send });
    await settled();
    // Another destination's report: no bell rings for it, but the claim would find it.
    const { claimDelivery } = store;
    store.add(1, { destination: 'later' });
    store.claimDelivery = (_destination, options) => claimDelivery('later', options);

    bench.clock.advance(ms);
    await settled();

    expect(open).toHaveLength(sent);
  });

  it('holds at 401 with exactly one request, and writes the destination before the delivery', async () => {
    const store = makeFakeDeliveryStore();
    store.add(1);
    await using _bench = start({ store, send: answering(unauthorized) });

    await settled();
    store.add(3);
    await settled();

    expect(store.states()).toEqual(['held', 'ready', 'ready', 'ready']);
    expect(store.writes).toEqual(['destination:held', '1:held']);
  });

  it('probes a held destination one at a time, and releases all when it is mended', async () => {
    const store = makeFakeDeliveryStore();
    store.add(3);
    const { send, open } = makeRemote();
    await using bench = start({ store, send, initial: held });
    await settled();
    expect(open).toHaveLength(1);

    open[0]?.answer(unauthorized);
    await settled();
    expect(open).toHaveLength(1);
    bench.clock.advance(300_000);
    await settled();
    expect(open).toHaveLength(2);
    open[1]?.answer(delivered);
    await settled();

    expect(open.length).toBeGreaterThan(2);
    expect(store.writes).toEqual(['destination:held', '1:held', '1:delivered', 'release', 'destination:up']);
  });

  it('after three transient failures in a row sends single probes with another due report first', async () => {
    const store = makeFakeDeliveryStore();
    store.add(3);
    const { send, open } = makeRemote();
    await using bench = start({ store, send });
    await settled();
    for (const { answer } of open) answer(down);
    await settled();
    store.add(2);
    await settled();
    expect(open).toHaveLength(3);

    bench.clock.advance(5_000);
    await settled();

    expect(open).toHaveLength(4);
    expect(open[3]?.report.body).toBe('{"number":4}');
  });

  it('brings the run of refusals back from dead when the twentieth holds the destination', async () => {
    const store = makeFakeDeliveryStore();
    store.add(25);
    await using _bench = start({ store, send: answering(refused) });

    await settled();

    const states = store.states();
    expect(states.filter((state) => state === 'dead')).toEqual([]);
    expect(states.filter((state) => state === 'held').length).toBeGreaterThanOrEqual(20);
  });

  it('defers a delivery when sending has a bug', async () => {
    const store = makeFakeDeliveryStore();
    store.add(1);
    await using _bench = start({ store, send: () => Promise.reject(new Error('bug')) });

    await settled();

    expect(store.states()).toEqual(['deferred']);
  });

  it('keeps an outcome that the store does not take, and writes it when the store is back', async () => {
    const store = makeFakeDeliveryStore();
    store.add(1);
    store.failNext = 2;
    await using bench = start({ store, send: answering(delivered) });
    await settled();
    expect(store.states()).toEqual(['inflight']);

    bench.clock.advance(1_000);
    await settled();
    bench.clock.advance(2_000);
    await settled();

    expect(store.states()).toEqual(['delivered']);
  });

  it('asks again later when the store does not answer a claim', async () => {
    const store = makeFakeDeliveryStore();
    const { claimDelivery } = store;
    let failures = 1;
    const claiming = {
      ...store,
      claimDelivery: async (...args: Parameters<typeof claimDelivery>) => {
        if (failures-- > 0) throw new Error('gone');
        return claimDelivery(...args);
      },
    };
    store.add(1);
    await using bench = start({ store: claiming, send: answering(delivered) });
    await settled();
    expect(store.states()).toEqual(['ready']);

    bench.clock.advance(1_000);
    await settled();

    expect(store.states()).toEqual(['delivered']);
  });
});

describe('DestinationLoop.drain()', () => {
  it('claims nothing more and lets running uploads finish', async () => {
    const store = makeFakeDeliveryStore();
    store.add(1);
    const { send, open } = makeRemote();
    const { loop } = start({ store, send });
    await settled();

    const drained = loop.drain({ signal: new AbortController().signal });
    store.add(1);
    await settled();
    open[0]?.answer(delivered);
    await drained;

    expect(store.states()).toEqual(['delivered', 'ready']);
  });

  it('gives uploads back as ready when its signal aborts, and leaves no timer', async () => {
    const store = makeFakeDeliveryStore();
    store.add(2);
    const { send } = makeRemote();
    const { loop, clock } = start({ store, send });
    await settled();
    const stop = new AbortController();

    const drained = loop.drain({ signal: stop.signal });
    stop.abort(new Error('deadline'));
    await drained;

    expect(store.states()).toEqual(['ready', 'ready']);
    expect(clock.pending()).toBe(0);
  });

  it('makes one last try to write an outcome when its signal aborts', async () => {
    const store = makeFakeDeliveryStore();
    store.add(1);
    store.failNext = 1;
    const { loop } = start({ store, send: answering(delivered) });
    await settled();

    await loop.drain({ signal: AbortSignal.abort(new Error('deadline')) });

    expect(store.states()).toEqual(['delivered']);
  });

  it('gives back a delivery whose claim was on its way', async () => {
    const store = makeFakeDeliveryStore();
    store.add(1);
    const { send, open } = makeRemote();
    const { loop } = start({ store, send });

    await loop.drain({ signal: new AbortController().signal });

    expect([store.states(), open]).toEqual([['ready'], []]);
  });

  it('may be called twice', async () => {
    const { loop } = start({ send: answering(delivered) });
    const { signal } = new AbortController();

    expect(await Promise.all([loop.drain({ signal }), loop.drain({ signal })])).toEqual([undefined, undefined]);
  });
});
