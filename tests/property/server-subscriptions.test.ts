// Any order of changes, cuts, resumes, snapshots and slow readers: what a client knows in the end is what is.

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeEventBus } from '../../src/core/event-bus.ts';
import { toKeyId } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { EventTopic } from '../../src/protocol/events.ts';
import type { SubscriptionOpened } from '../../src/protocol/handler.ts';
import { makeEventHub } from '../../src/server/event-hub.ts';
import type { ServerChange } from '../../src/server/server-events.ts';
import { makeSubscriptions } from '../../src/server/subscriptions.ts';
import { makeManualClock } from '../support/manual-clock.ts';

type Kid = 'a' | 'b';
type Solid = { readonly changeSeq: number; readonly kid: Kid; readonly topic: 'submission' | 'report' };
/** `bite`: messages that wait at most before the peer counts as behind. */
type Setting = {
  readonly isReader: boolean;
  readonly maxEvents: number;
  readonly minIntervalMs: number;
  readonly bite: number;
};

/** Everything outside of the subscription: what happened so far, announced as the daemon does. */
function makeWorld({ maxEvents }: Setting) {
  const bus = makeEventBus<ServerChange>((error) => {
    throw error;
  });
  const solids: Solid[] = [];
  const progress: { kid: Kid; about: string; step: number; at: number }[] = [];
  const now = { status: 0, step: 0 };
  /** Runs before the counts are read, and again after they were taken. */
  let meanwhile: () => void = () => undefined;
  const hub = makeEventHub(
    {
      log: silentLogger,
      events: {
        source: bus,
        snapshot: async ({ kid }, topics) => {
          const taken = [...solids];
          meanwhile();
          const of = (topic: EventTopic) =>
            taken.filter((one) => one.topic === topic && (kid === null || one.kid === kid));
          return {
            asOfChange: taken.length,
            topics: Object.fromEntries(topics.map((topic) => [topic, of(topic).map(({ changeSeq }) => changeSeq)])),
          };
        },
        watch: () => ({
          refresh: async () => meanwhile(),
          [Symbol.dispose]: () => undefined,
        }),
        read: (topic) => (topic === 'status' ? now.status : {}),
      },
    },
    { maxEvents },
  );
  return {
    hub,
    now,
    solids,
    progress,
    change: (kid: Kid, topic: Solid['topic']) => {
      const changeSeq = solids.length + 1;
      solids.push({ changeSeq, kid, topic });
      bus.publish({ changeSeq, kid: toKeyId(kid), topic, data: changeSeq });
    },
    changeStatus: () => {
      now.status += 1;
      bus.publish({ changeSeq: null, kid: null, topic: 'status', data: now.status });
    },
    report: (kid: Kid, about: string) => {
      now.step += 1;
      progress.push({ kid, about, step: now.step, at: now.step });
      bus.publish({ changeSeq: null, kid: toKeyId(kid), topic: 'progress', about, data: { about, step: now.step } });
    },
    during: (act: () => void) => {
      meanwhile = act;
    },
  };
}

type World = ReturnType<typeof makeWorld>;

/** A client that believes what it is told, and complains of what cannot be. */
function makeClient(topics: readonly EventTopic[]) {
  const known = new Set<number>();
  const steps = new Map<string, number>();
  const client = {
    cursor: '',
    status: -1,
    lastSeq: 0,
    left: 0,
    hasLagged: false,
    freshAt: 0,
    resumed: 0,
    known,
    steps,
  };

  function learn(seq: number, { topic, data, cursor }: { topic: EventTopic; data: unknown; cursor: string }): void {
    expect(seq).toBe(client.lastSeq + 1);
    client.lastSeq = seq;
    client.cursor = cursor;
    if (topic === 'status') client.status = Number(data);
    else if (topic === 'progress') {
      const { about, step } = data as { about: string; step: number };
      steps.set(about, step);
    } else {
      // Neither twice, nor out of order.
      expect(known.has(Number(data))).toBe(false);
      known.add(Number(data));
    }
  }

  return {
    client,
    open: ({ resumed, cursor, snapshot, seq }: SubscriptionOpened, step: number): void => {
      client.lastSeq = seq;
      client.cursor = cursor;
      if (resumed) {
        client.resumed += 1;
        return;
      }
      known.clear();
      steps.clear();
      client.hasLagged = false;
      client.left = 0;
      client.freshAt = step;
      for (const topic of ['submission', 'report'])
        for (const id of (snapshot?.[topic] ?? []) as number[]) known.add(id);
      if (topics.includes('status')) client.status = Number(snapshot?.['status']);
    },
    read: (body: string): void => {
      const { method, params } = JSON.parse(body);
      if (method === 'event') return learn(params.seq, params);
      expect(params.from).toBe(client.lastSeq + 1);
      expect(params.to).toBeGreaterThanOrEqual(params.from);
      client.left += params.to - params.from + 1;
      client.lastSeq = params.to;
      client.hasLagged = true;
    },
  };
}

function makeRig(setting: Setting) {
  const world = makeWorld(setting);
  const clock = makeManualClock();
  const topics: EventTopic[] = ['submission', 'report', 'progress', ...(setting.isReader ? ['status' as const] : [])];
  const { client, open, read } = makeClient(topics);
  const state = { isBehind: false, unread: [] as string[] };
  const connect = () => {
    const unread: string[] = [];
    state.unread = unread;
    return makeSubscriptions(
      {
        hub: world.hub,
        clock,
        bootId: 'boot',
        caller: { kid: toKeyId('a'), scopes: setting.isReader ? ['read'] : ['submit'] },
        isBehind: () => state.isBehind || unread.length >= setting.bite,
        send: (body) => void unread.push(body),
        maxBytes: 262_144,
      },
      { limit: 16 },
    );
  };
  let subscriptions = connect();
  /** Read what is there, and what comes because it was read. */
  function readAll(): void {
    while (state.unread.length > 0) {
      state.unread.splice(0).forEach(read);
      if (!state.isBehind) subscriptions.catchUp();
    }
  }

  /** Cut the connection, whatever was not read is lost, and subscribe anew. */
  async function reconnect(isResume: boolean, between: () => void): Promise<void> {
    subscriptions[Symbol.dispose]();
    subscriptions = connect();
    world.during(between);
    const call = subscriptions.forCall();
    const options = {
      minIntervalMs: setting.minIntervalMs,
      ...(isResume && client.cursor !== '' ? { since: { bootId: 'boot', cursor: client.cursor } } : {}),
    };
    const step = world.now.step;
    const opened = await call.port.open(topics, options);
    between();
    open(opened, step);
    call.settle(true);
    if (state.isBehind) return;
    readAll();
    if (setting.isReader) expect(client.status).toBe(world.now.status);
  }

  return {
    world,
    client,
    reconnect,
    readAll,
    pass: clock.advance,
    setBehind: (isBehind: boolean): void => {
      state.isBehind = isBehind;
      if (!isBehind) subscriptions.catchUp();
    },
    end: (): void => {
      state.isBehind = false;
      subscriptions.catchUp();
      clock.advance(100_000);
      readAll();
      subscriptions[Symbol.dispose]();
      expect(clock.pending()).toBe(0);
    },
  };
}

type Rig = ReturnType<typeof makeRig>;

const kid = fc.constantFrom<Kid>('a', 'b');
const happening = fc.oneof(
  fc.record({ kind: fc.constant('change' as const), kid, topic: fc.constantFrom('submission' as const, 'report') }),
  fc.record({ kind: fc.constant('status' as const) }),
  fc.record({ kind: fc.constant('progress' as const), kid, about: fc.constantFrom('x', 'y') }),
);
const step = fc.oneof(
  { weight: 6, arbitrary: happening },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('behind' as const), isBehind: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 200 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reconnect' as const),
      isResume: fc.boolean(),
      between: fc.array(happening, { maxLength: 4 }),
    }),
  },
);

function happen(
  world: World,
  what:
    | { readonly kind: 'change'; readonly kid: Kid; readonly topic: Solid['topic'] }
    | { readonly kind: 'status' }
    | { readonly kind: 'progress'; readonly kid: Kid; readonly about: string },
): void {
  if (what.kind === 'change') world.change(what.kid, what.topic);
  else if (what.kind === 'status') world.changeStatus();
  // Each key's submissions are its own.
  else world.report(what.kid, `${what.kid}${what.about}`);
}

async function walk(
  rig: Rig,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<void> {
  await rig.reconnect(false, () => undefined);
  for (const one of steps) {
    switch (one.kind) {
      case 'read':
        rig.readAll();
        break;
      case 'behind':
        rig.setBehind(one.isBehind);
        break;
      case 'pass':
        rig.pass(one.ms);
        break;
      case 'reconnect':
        await rig.reconnect(one.isResume, () => one.between.forEach((what) => happen(rig.world, what)));
        break;
      case 'change':
      case 'status':
      case 'progress':
        happen(rig.world, one);
        break;
      default:
        one satisfies never;
    }
  }
  rig.end();
}

function check({ world, client }: Rig, { isReader, maxEvents }: Setting): void {
  const mine = world.solids.filter((one) => isReader || one.kid === 'a').map(({ changeSeq }) => changeSeq);
  const missing = mine.filter((changeSeq) => !client.known.has(changeSeq));
  // Nothing that is not mine, nothing missing that was not said to be.
  expect([...client.known].filter((changeSeq) => !mine.includes(changeSeq))).toEqual([]);
  expect(missing.length).toBeLessThanOrEqual(client.left);
  if (!client.hasLagged) expect(missing).toEqual([]);
  if (isReader) expect(client.status).toBe(world.now.status);
  // A gap in what is kept of progress can be as long as the gap is.
  if (client.hasLagged && maxEvents < 1000) return;
  const last = new Map(
    world.progress
      .filter((told) => told.at > client.freshAt && (isReader || told.kid === 'a'))
      .map(({ about, step: latest }) => [about, latest]),
  );
  expect(client.steps).toEqual(last);
}

const setting: fc.Arbitrary<Setting> = fc.record({
  isReader: fc.boolean(),
  maxEvents: fc.constantFrom(0, 3, 1000),
  minIntervalMs: fc.constantFrom(0, 50),
  bite: fc.constantFrom(3, 1000),
});

it('a client knows in the end what is, and is told nothing twice and nothing of others', async () => {
  let resumed = 0;
  await fc.assert(
    fc.asyncProperty(setting, fc.array(step, { maxLength: 60 }), async (chosen, steps) => {
      const rig = makeRig(chosen);
      await walk(rig, steps);
      check(rig, chosen);
      resumed += rig.client.resumed;
    }),
    { numRuns: 2000 },
  );
  // Else it would have shown little.
  expect(resumed).toBeGreaterThan(100);
});
