// Runs `airlock demo --keep --json` as a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

/** What a demo that stays says of itself. */
export type KeptDocument = {
  readonly home: string;
  readonly inbox: string;
  readonly deliveredTo: string;
  readonly files: readonly unknown[];
  readonly faults: readonly string[];
};

/** A demo that stays; disposal kills it. */
export type KeptDemo = AsyncDisposable & {
  readonly document: KeptDocument;
  /** Wait until so many report files lie in the folder of the destination. */
  readonly untilDelivered: (count: number) => Promise<void>;
  /** SIGINT, and its end. */
  readonly interrupt: () => Promise<{ readonly code: number | null; readonly signal: string | null }>;
};

/** Start one and wait until its samples are through. */
export async function startKeptDemo(): Promise<KeptDemo> {
  const child = spawn(process.execPath, [entry, 'demo', '--keep', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('the demo ended'))),
  ]);
  const document = JSON.parse(String(line)) as KeptDocument;
  return {
    document,
    untilDelivered: async (count) => {
      // The operating system has no portable event for a file below a folder that does not exist yet.
      while (globSync('*/*.json', { cwd: document.deliveredTo }).length < count) await delay(50);
    },
    interrupt: async () => {
      child.kill('SIGINT');
      const [code, signal] = await exited;
      return { code, signal };
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await exited;
    },
  };
}
