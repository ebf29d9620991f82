import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/types.ts';
import { rounds } from '../support/long-tests.ts';
import { makeTemporaryFolder } from '../support/store.ts';

const KILLS = rounds({ usual: 3, long: 30 });
const PROGRAM = join(import.meta.dirname, '../support/upload-program.ts');
const SIZE = 5 * 64 * 1024;

type Running = { readonly child: ChildProcess; readonly lines: string[]; readonly reached: Promise<void> };

/** Start the program; `reached` = it printed so many lines, or the line. */
function start(directory: string, point: string, wanted: { run?: string; lines?: number } = {}): Running {
  const { run = '0', lines: count = Number.POSITIVE_INFINITY } = wanted;
  const child = spawn(process.execPath, [PROGRAM, directory, point, run], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const { promise: reached, resolve, reject } = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line === point || lines.length >= count) resolve();
  });
  child.on('exit', () => reject(new Error('the program ended early')));
  return { child, lines, reached };
}

async function kill({ child }: Running): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

const open = (directory: string) =>
  openStore(
    { directory, clock: systemClock, log: silentLogger },
    { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 },
  );

async function listFiles(directory: string): Promise<readonly string[]> {
  const entries = await Promise.all(
    ['incoming', 'payload'].map((folder) => readdir(join(directory, folder), { recursive: true, withFileTypes: true })),
  );
  return entries.flat().flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

/** Ids of all that can be claimed, each with bytes that match their hash. */
async function claimAll(store: Store): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (;;) {
    const claim = await store.claimSubmission();
    if (claim.kind === 'none') return found;
    const { submissionId, body, sha256 } = claim.item;
    if (body.kind !== 'file' || body.size !== SIZE) throw new Error(`unexpected body of ${submissionId}`);
    const bytes = await readFile(body.path);
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error(`${submissionId} is damaged`);
    found.set(submissionId, sha256);
  }
}

describe('kill -9 while a large file is taken in', () => {
  it.each([
    ['while its bytes arrive', 'arriving', 0],
    ['before its bytes are flushed', 'before-fsync', 0],
    ['before it has its final name', 'before-rename', 0],
    ['after it has its final name, before its row', 'before-row', 0],
    ['after the commit, before the answer', 'before-answer', 1],
  ])('%s leaves all or nothing', async (_title, point, kept) => {
    using folder = makeTemporaryFolder();
    const directory = join(folder.path, point);
    const program = start(directory, point);
    await program.reached;
    await kill(program);

    await using store = await open(directory);

    expect((await store.stats()).submissions.received).toBe(kept);
    expect(await listFiles(directory)).toHaveLength(kept);
    expect(await claimAll(store)).toHaveProperty('size', kept);
  });

  it('loses nothing that was acknowledged and leaves no file without a row, in several kills at different moments', async () => {
    using folder = makeTemporaryFolder();
    const directory = join(folder.path, 'queue');
    const acknowledged = new Map<string, string>();
    for (let run = 0; run < KILLS; run += 1) {
      const program = start(directory, 'none', { run: String(run), lines: 2 + Math.ceil(Math.random() * 40) });
      await program.reached;
      await kill(program);
      for (const line of program.lines.slice(1)) {
        const [id = '', sha256 = ''] = line.split(' ');
        acknowledged.set(id, sha256);
      }
    }

    await using store = await open(directory);
    const files = await listFiles(directory);
    const found = await claimAll(store);

    const lost = [...acknowledged].filter(([id, sha256]) => found.get(id) !== sha256);
    expect(acknowledged.size).toBeGreaterThanOrEqual(KILLS);
    expect(lost).toEqual([]);
    expect(files).toHaveLength(found.size);
    // Four work at a time: what was committed and not answered is at most one of each, in each run.
    expect(found.size).toBeLessThanOrEqual(acknowledged.size + KILLS * 4);
  });
});
