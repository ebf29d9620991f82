import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';

const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

it.each([50, 300, 600, 900])(
  'SIGTERM %i ms after the spawn ends the start: by the signal itself, or as a drained daemon',
  async (ms) => {
    await using home = await makeTestHome();
    const child = spawn(process.execPath, [entry, '--home', home.home, 'run'], { stdio: 'ignore' });
    const exit = once(child, 'exit');

    const timer = setTimeout(() => child.kill('SIGTERM'), ms);
    const [code, signal] = await exit;
    clearTimeout(timer);

    expect({ code, signal }).toEqual(signal === null ? { code: 0, signal: null } : { code: null, signal: 'SIGTERM' });
  },
);
