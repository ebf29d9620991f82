// How a daemon stands: what its process holds, and how long a good client waits for it.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHome } from './daemon.ts';
import { connectRaw, type RawLogin } from './raw-client.ts';

/** For what the daemon closes and gives back a moment later. */
const SETTLE_MS = 30_000;
const BASE_MS = 1_500;
const TRIES = 10;
const GOOD_ENOUGH_MS = 50;

/**
 * Environment of a daemon whose memory is measured. Left alone, V8 lets garbage grow to some hundred megabytes before it looks, so
 * that what an attack left behind cannot be seen. What is alive is the same with little room, and a leak ends the daemon.
 */
export const LEAN: Record<string, string> = { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=64' };

/** What the system says about the daemon's process; null where there is no /proc. */
export type Standing = { readonly rssBytes: number; readonly handles: number } | null;

/** What a raw client needs to log in to the daemon of a home. */
export function loginOf(home: Pick<TestHome, 'places'>, kid = 'local'): RawLogin {
  const { endpoint, instance } = JSON.parse(readFileSync(path.join(home.places.run, 'default.json'), 'utf8'));
  const { key } = JSON.parse(readFileSync(path.join(home.places.keys, `${kid}.json`), 'utf8'));
  return { kid, key, endpoint, instance };
}

function pidOf({ places }: Pick<TestHome, 'places'>): number {
  return JSON.parse(readFileSync(path.join(places.run, 'default.json'), 'utf8')).pid;
}

/** How the daemon of a home stands now. */
export function standingOf(home: Pick<TestHome, 'places'>): Standing {
  if (process.platform !== 'linux') return null;
  const pid = pidOf(home);
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { rssBytes: Number(kib) * 1024, handles: readdirSync(`/proc/${pid}/fd`).length };
}

/** Calls that are free of charge. */
async function someWork(login: RawLogin, calls: number): Promise<void> {
  await using client = await connectRaw(login.endpoint);
  await client.login(login);
  for (let one = 0; one < calls; one += 1) await client.call('ping');
}

/**
 * How the daemon stands once it is quiet: the least of a few looks, with calls between them that let it collect.
 *
 * @param options - `below`: look again, for at most 30 s, until it holds no more than this.
 */
export async function settledStanding(
  home: Pick<TestHome, 'places'>,
  { below = { rssBytes: 0, handles: 0 } }: { readonly below?: NonNullable<Standing> } = {},
): Promise<Standing> {
  const login = loginOf(home);
  const endMs = performance.now() + (below.rssBytes === 0 ? BASE_MS : SETTLE_MS);
  let least = standingOf(home);
  while (least !== null && performance.now() < endMs) {
    if (least.rssBytes <= below.rssBytes && least.handles <= below.handles) break;
    await someWork(login, 500);
    await delay(200);
    const now = standingOf(home);
    if (now === null) break;
    least = { rssBytes: Math.min(least.rssBytes, now.rssBytes), handles: Math.min(least.handles, now.handles) };
  }
  return least;
}

/** How long a good client needs to be in and answered, milliseconds: the best of ten, for a machine that is busy elsewhere. */
export async function goodClientMs(login: RawLogin): Promise<number> {
  let best = Infinity;
  for (let one = 0; one < TRIES && best >= GOOD_ENOUGH_MS; one += 1) {
    const start = performance.now();
    await using client = await connectRaw(login.endpoint);
    await client.login(login);
    await client.call('ping');
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
