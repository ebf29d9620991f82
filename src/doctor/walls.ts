// The doctor's look at the sandbox: a runner is really started behind every wall of this machine, then ended.

import path from 'node:path';
import { loadConfig } from '../config/load.ts';
import { configSchema } from '../config/schema/root.ts';
import type { SandboxConfig } from '../config/schema/sandbox.ts';
import { systemClock } from '../core/clock.ts';
import { silentLogger } from '../core/logger.ts';
import { openBundle } from '../sandbox/bundle.ts';
import { startPool } from '../sandbox/pool.ts';
import { type Check, ok, warn } from './check.ts';
import type { DoctorDeps } from './checks.ts';

const packageRoot = path.resolve(import.meta.dirname, '../..');

/** What of {@link DoctorDeps} the look at the sandbox needs. */
type WallDeps = Pick<DoctorDeps, 'places' | 'env' | 'hostname'>;

async function readSandbox({ places, env, hostname }: WallDeps): Promise<SandboxConfig> {
  const outcome = await loadConfig({ places, env, commandLine: [], hostname });
  // What is wrong with the file is another check's finding; the walls of this machine can be looked at all the same.
  return outcome.kind === 'loaded' ? outcome.config.sandbox : configSchema.parse({}).sandbox;
}

/**
 * Which walls hold a runner here; one that the configuration requires and that is missing is a warning, no runner at all a failure.
 *
 * @param deps - Where the configuration is found.
 */
export function checkWalls(deps: WallDeps): Check {
  return {
    section: 'sandbox',
    name: 'walls',
    otherwise: 'npm ci && npm run bundle, then airlock doctor again: without a runner nothing is converted',
    run: async () => {
      const bundle = await openBundle({ folder: path.join(packageRoot, 'build', 'sealed'), root: packageRoot });
      const sandbox = await readSandbox(deps);
      await using pool = await startPool({ clock: systemClock, log: silentLogger, bundle }, sandbox);
      const words = pool.walls
        .map(({ name, active, detail }) => `${name} ${active ? 'on' : 'off'} (${detail})`)
        .join('; ');
      const missing = pool.walls.filter(
        ({ name, active }) => !active && sandbox.requireWalls.some((wall) => wall === name),
      );
      return missing.length === 0
        ? ok(words)
        : warn(words, 'install bubblewrap, or accept the risk by setting sandbox.requireWalls to []');
    },
  };
}
