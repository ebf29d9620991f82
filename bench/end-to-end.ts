// 500 files the whole way: submitted over the socket, converted, delivered to a folder. The limit: 500 files of the same bytes
// written one after the other, each with fdatasync and rename.

import { randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { report, startDaemon } from './support.ts';

const FILES = 500;
const IN_FLIGHT = 16;
const sample = path.resolve(import.meta.dirname, '../converters/csv-semicolon/fixtures');

async function firstSample(): Promise<string> {
  const [file] = globSync('*.in.*', { cwd: sample }).toSorted();
  return readFile(path.join(sample, file ?? ''), 'utf8');
}

async function submitAll(content: string): Promise<number> {
  await using daemon = await startDaemon();
  await using client = await daemon.connect();
  await using subscription = await client.subscribe(['submission', 'report']);
  const started = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < FILES) {
      next += 1;
      await client.call('report/submit', { name: `file-${next}.csv`, content, idempotencyKey: randomUUID() });
    }
  };
  const sending = Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  let converted = 0;
  let open = 0;
  for await (const event of subscription) {
    if (event.topic === 'lagged' || event.topic === 'snapshot') throw new Error('events were left out');
    const { topic, data } = event;
    const { state } = data;
    if (topic === 'submission' && state === 'converted') converted += 1;
    if (topic === 'submission' && ['rejected', 'failed', 'stopped', 'crashed'].includes(state))
      throw new Error(`a submission ended as ${state}`);
    if (topic === 'report' && state === 'ready') open += 1;
    if (topic === 'report' && state === 'delivered') open -= 1;
    if (converted === FILES && open === 0) break;
  }
  await sending;
  return performance.now() - started;
}

async function writeAll(content: string): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'airlock-bench-limit-'));
  const started = performance.now();
  for (let index = 0; index < FILES; index += 1) {
    const file = path.join(folder, `${index}.part`);
    await using handle = await open(file, 'wx');
    await handle.writeFile(content);
    await handle.datasync();
    await rename(file, path.join(folder, `${index}.json`));
  }
  const ms = performance.now() - started;
  await rm(folder, { recursive: true });
  return ms;
}

const content = await firstSample();
const before = await writeAll(content);
const measured = await submitAll(content);
const after = await writeAll(content);
report('500 files end to end', {
  measured,
  limit: (before + after) / 2,
  unit: 'ms',
  limitIs: '500 files of the same bytes, each fdatasync and rename',
});
