// From the spawn to the first answered ping. The limit: a bare Node process that starts and ends.

import { spawnSync } from 'node:child_process';
import { median, report, startDaemon } from './support.ts';

const RUNS = 7;
const bare: number[] = [];
const daemon: number[] = [];
for (let run = 0; run < RUNS; run += 1) {
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  bare.push(performance.now() - started);
  await using running = await startDaemon();
  daemon.push(running.startMs);
}
report('start to ready, median of 7', {
  measured: median(daemon),
  limit: median(bare),
  unit: 'ms',
  limitIs: 'bare node that starts and ends',
});
