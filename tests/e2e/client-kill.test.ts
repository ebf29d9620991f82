import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AirlockError, type Client, connect } from '../../src/index.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, submissionNames } from '../support/e2e.ts';
import { rounds } from '../support/long-tests.ts';

const SEED = 20_261_121;
const KILLS = rounds({ usual: 4, long: 60 });
const LONGEST_LIFE_MS = 400;
const PIECE_BYTES = 65_536;
const DEADLINE_MS = 120_000;

/** Source: mulberry32, public domain. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const open = (home: TestHome, reconnect: boolean): Promise<Client> =>
  connect({ places: home.places, env: {}, reconnect });

/** Uses a client in every way that it can be used, again and again, and keeps what it was told. */
function startBusy(client: Client, label: string) {
  const failures: unknown[] = [];
  const taken: string[] = [];
  const seen = { isOver: false };
  let count = 0;

  async function again(work: () => Promise<unknown>): Promise<void> {
    while (!seen.isOver && client.state.kind !== 'ended') {
      await work().catch((error: unknown) => failures.push(error));
    }
  }

  async function submit(size: number): Promise<void> {
    const name = `${label}-${(count += 1)}.json`;
    const text = canonicalReport(name).padEnd(size);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < size; at += PIECE_BYTES) yield Buffer.from(text.slice(at, at + PIECE_BYTES));
    }
    await client.submit({ name, content: size > PIECE_BYTES ? pieces : text }, { deadlineMs: DEADLINE_MS });
    taken.push(name);
  }

  async function listen(): Promise<void> {
    await using events = await client.subscribe(['submission', 'report'], { deadlineMs: DEADLINE_MS });
    for await (const _event of events) if (seen.isOver) break;
  }

  const work = Promise.all([
    again(() => submit(1000)),
    again(() => submit(2_000_000)),
    again(() => client.call('status/get', {}, { deadlineMs: DEADLINE_MS })),
    again(() => client.call('rpc/describe', {}, { deadlineMs: DEADLINE_MS })),
    again(() => client.call('intake/rescan', {}, { deadlineMs: DEADLINE_MS })),
    again(listen),
  ]);
  return {
    failures,
    taken,
    stop: async (): Promise<void> => {
      seen.isOver = true;
      // The loop over events looks up at the next one.
      if (client.state.kind !== 'ended') await submit(1000);
      await work;
    },
  };
}

describe('a daemon that is killed at any moment', () => {
  it('shows no raw error to any client, and has taken every file of a client that reconnects once', async () => {
    const random = makeRandom(SEED);
    await using home = await makeTestHome();
    let daemon = await home.start();
    await using lasting = await open(home, true);
    const busy = startBusy(lasting, 'lasting');
    const lost: unknown[] = [];

    for (let kill = 0; kill < KILLS; kill += 1) {
      // Each kill meets both: after several the one that reconnects waits for up to 6 s before it tries again.
      await lasting.call('ping', {}, { deadlineMs: DEADLINE_MS });
      await using client = await open(home, false);
      const other = startBusy(client, `once-${kill}`);
      await delay(random() * LONGEST_LIFE_MS);
      await daemon.end('SIGKILL');
      await client.closed;
      await other.stop();
      lost.push(...other.failures);
      daemon = await home.start();
    }
    await busy.stop();

    const names = (await submissionNames(lasting)).filter((name) => name.startsWith('lasting-'));
    expect(names, `seed ${SEED}`).toEqual(busy.taken.toSorted());
    expect([...lost, ...busy.failures].filter((error) => !(error instanceof AirlockError))).toEqual([]);
    expect(lost.length).toBeGreaterThan(0);
    // Only what may not be done twice is told of a kill at all.
    const told = busy.failures.map((error) => (error instanceof AirlockError ? error.message : error));
    expect(told).toEqual(told.map(() => expect.stringContaining('intake/rescan')));
  });
});
