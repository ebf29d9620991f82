// Starts the real daemon and the real command line as processes of their own, on a temporary home.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, connect } from '../../src/client/connect.ts';
import type { AirlockConfigInput } from '../../src/config/schema/root.ts';
import { type Places, resolvePlaces } from '../../src/disk/places.ts';

const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

/** For a machine that is busy with everything else; a daemon that has ended is not waited for. */
const START_MS = 60_000;

/** What a command printed and how it ended. */
export type CommandEnd = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

/** A home of its own; disposal kills what still runs on it and removes it. */
export type TestHome = AsyncDisposable & {
  readonly home: string;
  readonly places: Places;
  /** Write `config.jsonc`. */
  readonly configure: (config: AirlockConfigInput) => Promise<void>;
  /** Run one command to its end. */
  readonly airlock: (
    argv: readonly string[],
    options?: { readonly stdin?: string | Uint8Array; readonly env?: Record<string, string> },
  ) => Promise<CommandEnd>;
  /** Start `airlock run` and wait until it answers. */
  readonly start: (argv?: readonly string[], env?: Record<string, string>) => Promise<TestDaemon>;
  /** Connect with the client library. */
  readonly connect: (key?: string) => Promise<Client>;
};

/** A running daemon. */
export type TestDaemon = {
  readonly child: ChildProcess;
  /** Everything it logged so far, one JSON line each. */
  readonly log: () => string;
  /** Send a signal and wait for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
};

function cleanEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !name.startsWith('AIRLOCK_'),
  );
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ''])), ...extra };
}

async function collect(child: ChildProcess): Promise<CommandEnd> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [exitCode] = await once(child, 'close');
  return { exitCode: typeof exitCode === 'number' ? exitCode : null, stdout, stderr };
}

/** Make a home. */
export async function makeTestHome(): Promise<TestHome> {
  const home = await mkdtemp(path.join(tmpdir(), 'airlock-test-'));
  const places = resolvePlaces({
    home,
    env: {},
    platform: process.platform,
    homedir: homedir(),
    tmpdir: tmpdir(),
    uid: process.getuid?.() ?? null,
  });
  const children = new Set<ChildProcess>();

  const launch = (argv: readonly string[], env: Record<string, string> = {}): ChildProcess => {
    const child = spawn(process.execPath, [entry, '--home', home, ...argv], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: cleanEnvironment(env),
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };

  const open = (key?: string): Promise<Client> =>
    connect({
      places,
      env: {},
      client: { name: 'test', version: '0' },
      reconnect: false,
      ...(key === undefined ? {} : { key }),
    });

  const start = async (argv: readonly string[] = [], env: Record<string, string> = {}): Promise<TestDaemon> => {
    // Helpers ask again at every event; a test of the limits sets its own.
    const child = launch(['run', '--set', 'ipc.rate.calls.perMinute=0', ...argv], env);
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
    const ended = once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
    const end = performance.now() + START_MS;
    for (;;) {
      try {
        await using _client = await open();
        break;
      } catch {
        // Not listening yet: the operating system tells nobody when it does.
        const gone = await Promise.race([ended, delay(25)]);
        if (gone !== undefined || performance.now() > end) throw new Error(`the daemon did not start: ${log}`);
      }
    }
    return { child, log: () => log, ended, end: (signal) => (child.kill(signal), ended) };
  };

  return {
    home,
    places,
    start,
    connect: open,
    configure: async (config) => {
      await mkdir(home, { recursive: true, mode: 0o700 });
      await writeFile(places.configFile, JSON.stringify(config, null, 2), { mode: 0o600 });
    },
    airlock: (argv, { stdin, env } = {}) => {
      const child = launch(argv, env);
      child.stdin?.end(stdin);
      return collect(child);
    },
    [Symbol.asyncDispose]: async () => {
      const ends = [...children].map((child) => (child.kill('SIGKILL'), once(child, 'exit')));
      await Promise.all(ends);
      await rm(home, { recursive: true, force: true });
    },
  };
}
