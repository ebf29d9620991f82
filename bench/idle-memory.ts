// Memory of an idle daemon with its runners. The limit: a bare Node process that waits. Linux only.

import { spawn } from 'node:child_process';
import { descendants, proportionalMiB, report, startDaemon } from './support.ts';

const SETTLE_MS = 3_000;
const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
using _bare = { [Symbol.dispose]: () => void bare.kill() };
await using daemon = await startDaemon();
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
const limit = proportionalMiB(bare.pid ?? 0);
const children = descendants(daemon.pid);
const limitIs = 'bare node that waits';
report('idle daemon', { measured: proportionalMiB(daemon.pid), limit, unit: 'MiB', limitIs });
report(`idle daemon with ${children.length} processes of its runners`, {
  measured: [daemon.pid, ...children].map(proportionalMiB).reduce((sum, value) => sum + value, 0),
  limit,
  unit: 'MiB',
  limitIs,
});
