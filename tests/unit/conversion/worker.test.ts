import { describe, expect, it } from 'vitest';
import { openResults } from '../../../src/conversion/results.ts';
import type { RegisteredConverter } from '../../../src/conversion/registered.ts';
import { type Conversions, type ConversionsDeps, startConversions } from '../../../src/conversion/worker.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { makeEventBus } from '../../../src/core/event-bus.ts';
import { type SubmissionId, toKeyId, toSubmissionId } from '../../../src/core/ids.ts';
import { type Logger, silentLogger } from '../../../src/core/logger.ts';
import type { SubmissionState } from '../../../src/core/states.ts';
import type { Claim, ClaimedSubmission, StoreChange, SubmissionEnd } from '../../../src/store/types.ts';
import {
  type Behave,
  DEFAULT_CONFIG,
  type FakeClock,
  makeConverter,
  makeFakeClock,
  makePool,
  makeSubmission,
} from '../../support/conversion-parts.ts';

const SKIP: Behave = () => ({ kind: 'skipped', reason: 'seen' });
const CSV = makeConverter('csv', { match: { extensions: ['.csv'] } });
const neverAborted = new AbortController().signal;

/** A store of one list, and everything that was asked of it. */
function makeFakeStore() {
  const bus = makeEventBus<StoreChange>((error) => {
    throw error;
  });
  const ends: { readonly submissionId: string; readonly end: SubmissionEnd }[] = [];
  const ready: ClaimedSubmission[] = [];
  const state = { claims: 0, woken: 0, nextDueInMs: null as number | null, failClaims: 0, failEnds: [] as unknown[] };
  let onEnd: (() => void) | null = null;
  let changeSeq = 0;

  function announce(submissionId: SubmissionId, to: SubmissionState): void {
    changeSeq += 1;
    const about = { changeSeq, kid: toKeyId('k'), submissionId, name: 'a', converter: null, reason: null };
    bus.publish({ kind: 'submission', state: to, ...about });
  }

  return {
    state,
    ends,
    changes: bus,
    claimSubmission: async (): Promise<Claim<ClaimedSubmission>> => {
      state.claims += 1;
      if (state.failClaims > 0) {
        state.failClaims -= 1;
        throw new AirlockError('unavailable', 'Cannot claim submission: the store has failed');
      }
      const item = ready.shift();
      return item === undefined ? { kind: 'none', nextDueInMs: state.nextDueInMs } : { kind: 'claimed', item };
    },
    endSubmission: async (submissionId: SubmissionId, end: SubmissionEnd): Promise<void> => {
      const failure = state.failEnds.shift();
      if (failure !== undefined) throw failure;
      ends.push({ submissionId, end });
      announce(submissionId, end.state);
      onEnd?.();
    },
    wakeWaiting: async (): Promise<number> => {
      state.woken += 1;
      return 0;
    },
    submit: (over: Partial<ClaimedSubmission> = {}): void => {
      const item = makeSubmission(over);
      ready.push(item);
      announce(item.submissionId, 'received');
    },
    /** Resolves when so many submissions have ended. */
    ended: async (count: number): Promise<readonly SubmissionEnd[]> => {
      while (ends.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        onEnd = resolve;
        await promise;
      }
      return ends.map(({ end }) => end);
    },
  };
}

type Rig = {
  readonly store: ReturnType<typeof makeFakeStore>;
  readonly clock: FakeClock;
  readonly conversions: Conversions;
};

function start(
  behave: Behave,
  options: {
    converters?: readonly RegisteredConverter[];
    prepare?: (store: Rig['store']) => void;
    log?: Logger;
    listenTo?: NonNullable<ConversionsDeps['listenTo']>;
  } = {},
): Rig {
  const store = makeFakeStore();
  options.prepare?.(store);
  const clock = makeFakeClock();
  const deps = {
    store,
    clock,
    pool: makePool(behave),
    results: openResults(),
    registry: { list: () => options.converters ?? [CSV] },
    log: options.log ?? silentLogger,
    hostName: 'bench-7',
    destinationsFor: () => [],
    ...(options.listenTo === undefined ? {} : { listenTo: options.listenTo }),
  };
  return { store, clock, conversions: startConversions(deps, DEFAULT_CONFIG) };
}

/** Let everything run that only waits for microtasks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe('startConversions()', () => {
  it('converts what lies there and what comes, and wakes what waited', async () => {
    const { store, conversions } = start(SKIP, { prepare: ({ submit }) => submit() });
    await using _conversions = conversions;

    await store.ended(1);
    store.submit({ name: 'b.csv' });

    expect(await store.ended(2)).toMatchObject([{ state: 'skipped' }, { state: 'skipped' }]);
    expect(store.state.woken).toBe(1);
  });

  it('asks the store again only when something changed or is due', async () => {
    const { store, clock, conversions } = start(SKIP);
    await using _conversions = conversions;
    await settle();
    expect(store.state.claims).toBe(1);

    clock.advance(1_000_000);
    await settle();
    expect(store.state.claims).toBe(1);

    store.state.nextDueInMs = 5_000;
    store.submit();
    await store.ended(1);
    await settle();
    const claims = store.state.claims;
    clock.advance(5_000);
    await settle();

    expect(store.state.claims).toBe(claims + 1);
  });

  it('runs as many conversions at once as the pool has runners', async () => {
    const running = gate();
    let busy = 0;
    let most = 0;
    const behave: Behave = async () => {
      busy += 1;
      most = Math.max(most, busy);
      await running.opened;
      busy -= 1;
      return { kind: 'skipped', reason: 'seen' };
    };
    const { store, conversions } = start(behave, { prepare: ({ submit }) => [1, 2, 3].forEach(() => submit()) });
    await using _conversions = conversions;

    await settle();
    expect(most).toBe(2);
    running.open();
    await store.ended(3);

    expect(most).toBe(2);
  });

  it('lets a listener hear how far each submission is, and ends it before the end is stored', async () => {
    const heard: unknown[] = [];
    const behave: Behave = (_job, sink) => {
      sink.progress(0.5);
      return { kind: 'skipped', reason: 'seen' };
    };
    const { store, conversions } = start(behave, {
      listenTo: ({ submissionId }) => ({
        tell: (fraction) => heard.push([submissionId, fraction]),
        [Symbol.dispose]: () => heard.push([submissionId, 'over']),
      }),
    });
    await using _conversions = conversions;

    store.submit();
    await store.ended(1);

    const { submissionId } = makeSubmission();
    expect(heard).toEqual([
      [submissionId, 0.5],
      [submissionId, 'over'],
    ]);
  });

  it('rejects what no converter takes, and lets an unapproved one wait', async () => {
    const mine = makeConverter('mine', { state: 'pending', trust: 'own', match: { extensions: ['.log'] } });
    const { store, conversions } = start(SKIP, { converters: [mine] });
    await using _conversions = conversions;

    store.submit({ name: 'a.bin' });
    store.submit({ name: 'a.log' });

    expect(await store.ended(2)).toMatchObject([
      {
        state: 'rejected',
        failure: { code: 'converter_refused', message: expect.stringMatching(/^Cannot convert a\.bin: /) },
      },
      { state: 'waiting', reason: 'converter_pending' },
    ]);
  });

  it('ends a submission as failed on a bug, and goes on with the next', async () => {
    const errors: unknown[] = [];
    const log: Logger = { ...silentLogger, error: (fields) => errors.push(fields['err']), child: () => log };
    let calls = 0;
    const behave: Behave = () => {
      calls += 1;
      if (calls === 1) throw new TypeError('a bug');
      return { kind: 'skipped', reason: 'seen' };
    };
    const { store, conversions } = start(behave, { log });
    await using _conversions = conversions;

    store.submit();
    store.submit();

    expect(await store.ended(2)).toMatchObject([
      { state: 'failed', failure: { code: 'internal' } },
      { state: 'skipped' },
    ]);
    expect(errors).toEqual([new TypeError('a bug')]);
  });

  it('gives a submission back, ever more slowly, while no runner can be started', async () => {
    const behave: Behave = () => {
      throw new AirlockError('unavailable', 'Cannot start runner: there is no memory');
    };
    const { store, clock, conversions } = start(behave);
    await using _conversions = conversions;

    store.submit();
    await settle();
    clock.advance(249);
    await settle();
    expect(store.ends).toEqual([]);
    clock.advance(1);
    expect(await store.ended(1)).toMatchObject([{ state: 'received' }]);

    store.submit();
    await settle();
    clock.advance(499);
    await settle();
    expect(store.ends).toHaveLength(1);
    clock.advance(1);
    expect(await store.ended(2)).toMatchObject([{}, { state: 'received' }]);
  });

  it('does not hold up a stop while it waits for a runner', async () => {
    const behave: Behave = () => {
      throw new AirlockError('unavailable', 'Cannot start runner: there is no memory');
    };
    const { store, conversions } = start(behave);
    store.submit();
    await settle();

    await conversions.drain({ signal: new AbortController().signal });

    expect(await store.ended(1)).toMatchObject([{ state: 'received' }]);
  });

  it('asks a store that failed again, with waits between', async () => {
    const { store, clock, conversions } = start(SKIP, {
      prepare: (fake) => {
        fake.state.failClaims = 2;
        fake.submit();
      },
    });
    await using _conversions = conversions;

    for (const [ms, claims] of [
      [0, 1],
      [250, 2],
      [499, 2],
      [1, 4],
    ] as const) {
      clock.advance(ms);
      await settle();
      expect(store.state.claims).toBe(claims);
    }
    expect(store.ends).toHaveLength(1);
  });

  it('keeps an end until the store takes it', async () => {
    const failed = new AirlockError('unavailable', 'Cannot write submission: the store has failed');
    const { store, clock, conversions } = start(SKIP, { prepare: (fake) => fake.state.failEnds.push(failed, failed) });
    await using _conversions = conversions;

    store.submit();
    await settle();
    clock.advance(250);
    await settle();
    expect(store.ends).toEqual([]);
    clock.advance(500);

    expect(await store.ended(1)).toMatchObject([{ state: 'skipped' }]);
  });

  it('ends a submission as failed when the store refuses its end', async () => {
    const { store, conversions } = start(SKIP, {
      prepare: (fake) => fake.state.failEnds.push(new Error('no such column')),
    });
    await using _conversions = conversions;

    store.submit();

    expect(await store.ended(1)).toMatchObject([{ state: 'failed', failure: { code: 'internal' } }]);
  });
});

describe('Conversions.drain()', () => {
  it('claims nothing more and waits for what runs', async () => {
    const running = gate();
    const { store, conversions } = start(async () => {
      await running.opened;
      return { kind: 'skipped', reason: 'seen' };
    });
    store.submit();
    await settle();

    const drained = conversions.drain({ signal: neverAborted });
    store.submit({ submissionId: toSubmissionId('01980000-0000-7000-8000-000000000002') });
    running.open();
    await drained;

    expect(store.ends.map(({ end }) => end.state)).toEqual(['skipped']);
  });

  it('gives back what runs when its time is over', async () => {
    const { store, conversions } = start(
      (_job, _sink, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    store.submit();
    await settle();
    const deadline = new AbortController();

    const drained = conversions.drain({ signal: deadline.signal });
    deadline.abort();
    await drained;

    expect(store.ends).toMatchObject([{ end: { state: 'received' } }]);
  });

  it('can be called twice, and leaves no timer', async () => {
    const { store, clock, conversions } = start(SKIP);
    store.state.nextDueInMs = 60_000;
    store.submit();
    await store.ended(1);

    await conversions.drain({ signal: neverAborted });
    await conversions[Symbol.asyncDispose]();

    expect(clock.pending()).toBe(0);
  });
});
