// What the benches share: a private daemon, medians, and one way of printing a figure.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Client, connect } from '../src/client/connect.ts';

const entry = path.resolve(import.meta.dirname, '../bin/airlock.cjs');

/** A daemon on a temporary home. */
export type BenchDaemon = AsyncDisposable & {
  readonly home: string;
  readonly pid: number;
  readonly startMs: number;
  readonly connect: () => Promise<Client>;
};

/** Start one and wait until it answers; `startMs` counts from the spawn to the first answer. */
export async function startDaemon(): Promise<BenchDaemon> {
  const home = await mkdtemp(path.join(tmpdir(), 'airlock-bench-'));
  const started = performance.now();
  const child = spawn(process.execPath, [entry, '--home', home, 'run', '--set', 'observe.log.level=warn'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const open = (): Promise<Client> => connect({ home, env: {}, reconnect: false });
  for (;;) {
    try {
      await using client = await open();
      await client.call('ping', {});
      break;
    } catch {
      // Not listening yet.
      if (child.exitCode !== null) throw new Error('the daemon did not start');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const startMs = performance.now() - started;
  return {
    home,
    pid: child.pid ?? 0,
    startMs,
    connect: open,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Middle of a list of numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Resident memory of a process in MiB, shared pages divided among those who share them. Linux only. */
export function proportionalMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
}

/** Process ids of a process's descendants. Linux only. */
export function descendants(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === ''
    ? []
    : children
        .split(' ')
        .map(Number)
        .flatMap((child) => [child, ...descendants(child)]);
}

/** One figure beside its limit, as a line of JSON. */
export function report(
  figure: string,
  value: { readonly measured: number; readonly limit: number; readonly unit: string; readonly limitIs: string },
): void {
  const { measured, limit } = value;
  console.log(
    JSON.stringify({
      figure,
      ...value,
      measured: Number(measured.toFixed(2)),
      limit: Number(limit.toFixed(2)),
      ratio: Number((measured / limit).toFixed(2)),
    }),
  );
}
