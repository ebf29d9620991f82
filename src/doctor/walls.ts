// The doctor's look at the sandbox: a runner is really started behind every wall of this machine, then ended.

import path from 'node:path';
import { configSchema } from '../config/schema/root.ts';
import { systemClock } from '../core/clock.ts';
import { silentLogger } from '../core/logger.ts';
import { startPool } from '../sandbox/pool.ts';
import { type Check, ok, warn } from './check.ts';

const packageRoot = path.resolve(import.meta.dirname, '../..');

/** Which walls hold a runner here; a missing one is a warning, no runner at all a failure. */
export function checkWalls(): Check {
  return {
    section: 'sandbox',
    name: 'walls',
    run: async () => {
      const bundle = { folder: path.join(packageRoot, 'build', 'sealed'), root: packageRoot };
      const { sandbox } = configSchema.parse({});
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
