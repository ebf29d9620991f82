// 50 MiB to the daemon while another client pings from a process of its own: the time against writing the same bytes with fdatasync,
// the worst ping beside the worst while nothing is uploaded, and the memory that the daemon takes beside what it had.

import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from '../src/client/connect.ts';
import { report, startDaemon } from './support.ts';

const MIB = 1024 ** 2;
const SIZE = 50 * MIB;
const ROUNDS = 3;
const QUIET_MS = 1000;
const MAX_PING_MS = 30;
const MAX_ADDED_MIB = 80;
const piece = Buffer.alloc(65_536, 'airlock ');

/** Resident memory of a process in MiB. Linux only. */
const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

async function* source(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < SIZE; sent += piece.length) yield piece;
}

async function write(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'airlock-bench-limit-'));
  const started = performance.now();
  await using handle = await open(path.join(folder, 'body'), 'wx');
  for (let written = 0; written < SIZE; written += piece.length) await handle.write(piece);
  await handle.datasync();
  const ms = performance.now() - started;
  await rm(folder, { recursive: true });
  return ms;
}

/** Worst ping since the last time it was asked; milliseconds. */
type Pinger = Disposable & { readonly worstMs: () => Promise<number> };

async function startPinger(home: string): Promise<Pinger> {
  const child = fork(path.join(import.meta.dirname, 'pinger.ts'), [home]);
  await once(child, 'message');
  return {
    worstMs: async () => {
      child.send('round');
      return Number((await once(child, 'message'))[0]);
    },
    [Symbol.dispose]: () => child.disconnect(),
  };
}

type Seen = { uploadMs: number; worstPingMs: number; addedMiB: number };

async function upload(client: Client, pinger: Pinger, pid: number): Promise<Seen> {
  const before = residentMiB(pid);
  const seen = { uploadMs: 0, worstPingMs: 0, addedMiB: 0 };
  const params = { name: 'large.bin', stream: 1, size: SIZE, idempotencyKey: randomUUID() };
  await pinger.worstMs();
  const watching = setInterval(() => {
    seen.addedMiB = Math.max(seen.addedMiB, residentMiB(pid) - before);
  }, 10);
  const started = performance.now();
  await client.call('report/submit', params, { upload: new Map([[1, source()]]), deadlineMs: 120_000 });
  seen.uploadMs = performance.now() - started;
  clearInterval(watching);
  seen.worstPingMs = await pinger.worstMs();
  return seen;
}

await using daemon = await startDaemon();
await using client = await daemon.connect();
using pinger = await startPinger(daemon.home);
const rounds: (Seen & { readonly writeMs: number; readonly quietMs: number })[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const writeMs = await write();
  await pinger.worstMs();
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  const quietMs = await pinger.worstMs();
  rounds.push({ ...(await upload(client, pinger, daemon.pid)), writeMs, quietMs });
}
const best = (pick: (seen: (typeof rounds)[number]) => number): number => Math.min(...rounds.map(pick));
const worst = (pick: (seen: (typeof rounds)[number]) => number): number => Math.max(...rounds.map(pick));
report('50 MiB upload, durable', {
  measured: best((seen) => seen.uploadMs),
  limit: best((seen) => seen.writeMs),
  unit: 'ms',
  limitIs: 'the same bytes written to a file with one fdatasync',
});
report('worst ping of another client meanwhile', {
  measured: worst((seen) => seen.worstPingMs),
  limit: MAX_PING_MS,
  unit: 'ms',
  limitIs: 'target',
});
report('worst ping of another client while nothing is uploaded', {
  measured: worst((seen) => seen.quietMs),
  limit: MAX_PING_MS,
  unit: 'ms',
  limitIs: 'the same target: what this machine does by itself',
});
report('memory added to the daemon', {
  measured: worst((seen) => seen.addedMiB),
  limit: MAX_ADDED_MIB,
  unit: 'MiB',
  limitIs: 'target',
});
