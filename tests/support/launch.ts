// Starts a daemon as the launcher does, waits until it answers, prints its process id, and is gone: as if it were killed.

import { spawn } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../src/client/connect.ts';
import { resolvePlaces } from '../../src/disk/places.ts';

const home = process.argv[2] ?? '';
const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');
const child = spawn(process.execPath, [entry, '--home', home, 'run'], {
  stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  env: { PATH: process.env['PATH'] ?? '', AIRLOCK_LAUNCHER: '1' },
});
const places = resolvePlaces({
  home,
  env: {},
  platform: process.platform,
  homedir: homedir(),
  tmpdir: tmpdir(),
  uid: process.getuid?.() ?? null,
});
for (;;) {
  try {
    await using _client = await connect({ places, env: {}, reconnect: false });
    break;
  } catch {
    // Not listening yet.
    await delay(25);
  }
}
process.stdout.write(`${child.pid}\n`, () => process.kill(process.pid, 'SIGKILL'));
