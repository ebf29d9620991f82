// A daemon in a process of its own on a temporary home that goes away with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { AirlockError } from '../../core/errors.ts';
import { type Places, resolvePlaces } from '../../disk/places.ts';

/** A running private daemon. Disposal kills it if it still runs and removes its home. */
export type PrivateDaemon = AsyncDisposable & {
  readonly places: Places;
  /** Wait until it ended by itself. Rejects when it takes longer than `timeoutMs`. */
  readonly ended: (timeoutMs: number) => Promise<number | null>;
  /** The last lines it logged, for the report of a failure. */
  readonly lastWords: () => string;
};

const launcher = path.resolve(import.meta.dirname, '../../../bin/airlock.cjs');
const KEPT_LOG_CHARS = 8_192;

/** As much of a configuration as a private daemon may need. */
export type PrivateConfig = {
  readonly intake: { readonly folders: Readonly<Record<string, { readonly path: string }>> };
};

async function configure(home: string, config: PrivateConfig): Promise<void> {
  for (const { path: folder } of Object.values(config.intake.folders))
    await mkdir(path.join(home, folder), { mode: 0o700 });
  await writeFile(path.join(home, 'config.jsonc'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

function spawnDaemon(home: string, env: Readonly<Record<string, string | undefined>>): ChildProcess {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('AIRLOCK_'));
  return spawn(process.execPath, [launcher, 'run', '--home', home], {
    // Order: descriptor 3 ends when this process does, however it does; the daemon then stops by itself.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(kept), AIRLOCK_LAUNCHER: '1' },
  });
}

/**
 * Start one.
 *
 * @param env - Environment; its own `AIRLOCK_*` settings are left out.
 * @param config - Its configuration, or null for the defaults; watch folders below the home are made.
 */
export async function startPrivateDaemon(
  env: Readonly<Record<string, string | undefined>>,
  config: PrivateConfig | null = null,
): Promise<PrivateDaemon> {
  const home = await mkdtemp(path.join(tmpdir(), 'airlock-demo-'));
  if (config !== null) await configure(home, config);
  const child = spawnDaemon(home, env);
  const exit = once(child, 'exit');
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-KEPT_LOG_CHARS);
  });
  const uid = process.getuid?.() ?? null;
  return {
    places: resolvePlaces({ home, env: {}, platform: process.platform, homedir: homedir(), tmpdir: tmpdir(), uid }),
    lastWords: () => words,
    ended: async (timeoutMs) => {
      const timeout = AbortSignal.timeout(timeoutMs);
      const late = once(timeout, 'abort').then(() => {
        throw new AirlockError('deadline_exceeded', `Cannot end the demo: the daemon still runs after ${timeoutMs} ms`);
      });
      await Promise.race([exit, late]);
      return child.exitCode;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await exit;
      await rm(home, { recursive: true, force: true });
    },
  };
}
