// A small program that takes large files in, and stops at a named point of it or goes on for ever; it is killed by its test.

import { systemClock } from '../../src/core/clock.ts';
import { toKeyId } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openStore } from '../../src/store/open.ts';

const [directory = '', point = '', run = ''] = process.argv.slice(2);
const PRODUCERS = 4;
const PIECE = Buffer.alloc(64 * 1024, run || 'x');
const kid = toKeyId('station');
const stopsInThread = point === 'before-row' || point === 'before-answer';

const store = await openStore(
  {
    directory,
    clock: systemClock,
    log: silentLogger,
    ...(stopsInThread && { workerUrl: new URL('./stopping-store-worker.ts', import.meta.url) }),
  },
  { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 },
);
process.stdout.write('open\n');

async function stopAt(name: string): Promise<void> {
  if (point !== name) return;
  process.stdout.write(`${name}\n`);
  await new Promise(() => setInterval(() => undefined, 60_000));
}

async function takeIn(name: string): Promise<void> {
  const opened = await store.openUpload({ kid, size: null, maxBytes: 1024 ** 3 });
  if (opened.kind !== 'opened') throw new Error(opened.kind);
  await using upload = opened.upload;
  for (let piece = 0; piece < 5; piece += 1) {
    await upload.write(PIECE);
    if (piece === 2) await stopAt('arriving');
  }
  await stopAt('before-fsync');
  const body = await upload.finish();
  if (body.kind !== 'received') throw new Error(body.kind);
  await stopAt('before-rename');
  const outcome = await store.accept({
    kid,
    idempotencyKey: name,
    name,
    body,
    companions: [],
    origin: null,
    converter: null,
    arguments: {},
    priority: 5,
    group: null,
  });
  if (outcome.kind === 'accepted') process.stdout.write(`${outcome.submissionId} ${outcome.sha256}\n`);
}

async function produce(producer: number): Promise<never> {
  for (let n = 0; ; n += 1) await takeIn(`${run}-${producer}-${n}`);
}

await Promise.all(Array.from({ length: point === 'none' ? PRODUCERS : 1 }, (_none, producer) => produce(producer)));
