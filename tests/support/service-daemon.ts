// The real daemon as a system service of a machine that lies in one folder: `service-daemon.ts HOME MACHINE`.

import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { runDaemon } from '../../src/daemon/run-daemon.ts';
import { resolvePlaces } from '../../src/disk/places.ts';

const [home = '', machine = ''] = process.argv.slice(2);
const uid = process.getuid?.() ?? null;
const places = resolvePlaces({ home, env: {}, platform: process.platform, homedir: homedir(), tmpdir: tmpdir(), uid });
const service = {
  run: path.join(machine, 'run', 'airlock'),
  keys: path.join(machine, 'etc', 'keys'),
  record: path.join(machine, 'etc', 'service.json'),
};
try {
  await runDaemon({
    places: { ...places, service },
    env: { AIRLOCK_HOME: home },
    version: '0',
    commandLine: [],
    signal: new AbortController().signal,
  });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
