// Attacks a daemon of its own with damaged messages for as long as it is told, and says how it stands: `npm run test:soak`.
//
//   --mutations 1000000   how many (default), or
//   --minutes 30          how long
//   --seed 7              makes the same ones again

import { parseArgs } from 'node:util';
import { makeTestHome, type TestHome } from '../tests/support/daemon.ts';
import { goodClientMs, LEAN, loginOf, type Standing, settledStanding, standingOf } from '../tests/support/standing.ts';
import { runMutations } from '../tests/support/wire-mutations.ts';

const MIB = 1024 ** 2;
const ADDED_MIB = 20;
const GOOD_CLIENT_MS = 100;
const TELL_EVERY = 10_000;
const PEERS = 8;
const WARM_UP = 2_000;

const { values } = parseArgs({
  options: { mutations: { type: 'string' }, minutes: { type: 'string' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const mutations = Number(values.mutations ?? (values.minutes === undefined ? 1_000_000 : Number.MAX_SAFE_INTEGER));
const endMs = values.minutes === undefined ? Infinity : performance.now() + Number(values.minutes) * 60_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const toMib = (bytes: number): number => Math.round(bytes / MIB);
const describe = (standing: Standing): string =>
  standing === null ? 'no /proc here' : `${toMib(standing.rssBytes)} MiB, ${standing.handles} handles`;

function onMutation(home: TestHome): (done: number) => boolean {
  const startMs = performance.now();
  return (done) => {
    if (done % TELL_EVERY === 0) {
      const perSecond = Math.round((done * 1000) / (performance.now() - startMs));
      say(`${done} mutations, ${perSecond} a second; ${describe(standingOf(home))}`);
    }
    return performance.now() < endMs;
  };
}

/** What is wrong with the daemon now; empty = nothing. */
async function findHarm(home: TestHome, before: Standing, log: string): Promise<readonly string[]> {
  const harm: string[] = [];
  const waitedMs = await goodClientMs(loginOf(home));
  if (waitedMs >= GOOD_CLIENT_MS) harm.push(`a good client waited ${Math.round(waitedMs)} ms`);
  if (/"level":"(?:error|fatal)"/.test(log)) harm.push('the daemon logged an error');
  if (before === null) return harm;
  const below = { rssBytes: before.rssBytes + ADDED_MIB * MIB, handles: before.handles };
  const after = await settledStanding(home, { below });
  say(`before: ${describe(before)}; after: ${describe(after)}; a good client waits ${Math.round(waitedMs)} ms`);
  if (after === null) return harm;
  if (after.rssBytes > below.rssBytes) harm.push(`memory is ${toMib(after.rssBytes - before.rssBytes)} MiB more`);
  if (after.handles > below.handles) harm.push(`${after.handles - before.handles} handles are left`);
  return harm;
}

await using home = await makeTestHome();
await home.configure({
  ipc: {
    preAuth: { seats: 32 },
    failedProofs: { count: 10_000, per: '100 ms' },
    rate: { calls: { perMinute: 0 }, submit: { perMinute: 0 } },
  },
});
const daemon = await home.start([], LEAN);
const login = loginOf(home);
say(`seed ${seed}`);
await runMutations({ login, seed: seed + 1, mutations: WARM_UP, peers: PEERS });
const before = await settledStanding(home);
const counts = await runMutations({ login, seed, mutations, peers: PEERS, onMutation: onMutation(home) });
say(JSON.stringify(counts));
const harm = await findHarm(home, before, daemon.log());
say(harm.length === 0 ? 'the daemon stands as before' : harm.join('\n'));
process.exitCode = harm.length === 0 ? 0 : 1;
