import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { toSubmissionId } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openStore, type StoreConfig } from '../../src/store/open.ts';
import { rounds } from '../support/long-tests.ts';
import { makeTemporaryFolder } from '../support/store.ts';

const KILLS = rounds({ usual: 3, long: 30 });
const PROGRAM = join(import.meta.dirname, '../support/store-program.ts');
const CONFIG: StoreConfig = { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 };

type Running = {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly reached: (count: number) => Promise<void>;
};

function startProgram(directory: string, run: number): Running {
  const child = spawn(process.execPath, [PROGRAM, directory, String(run)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let wanted = { count: Number.POSITIVE_INFINITY, resolve: (): void => undefined };
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (lines.length >= wanted.count) wanted.resolve();
  });
  return {
    child,
    lines,
    reached: (count) =>
      new Promise((resolve) => {
        wanted = { count, resolve };
        if (lines.length >= count) resolve();
      }),
  };
}

async function kill({ child }: Running): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

const open = (directory: string) => openStore({ directory, clock: systemClock, log: silentLogger }, CONFIG);

describe('kill -9', () => {
  it('loses no acknowledged submission in several kills at different moments', async () => {
    using folder = makeTemporaryFolder();
    const directory = join(folder.path, 'state', 'queue');
    const acknowledged = new Map<string, string>();
    for (let run = 0; run < KILLS; run += 1) {
      const program = startProgram(directory, run);
      await program.reached(1 + Math.ceil(Math.random() * 400));
      await kill(program);
      for (const line of program.lines.slice(1)) {
        const [id = '', sha256 = ''] = line.split(' ');
        acknowledged.set(id, sha256);
      }
    }

    await using store = await open(directory);

    const missing: string[] = [];
    for (const [id, sha256] of acknowledged) {
      const row = await store.getSubmission(toSubmissionId(id), { kid: null });
      if (row?.state !== 'received' || row.sha256 !== sha256) missing.push(id);
    }
    const { items, submissions } = await store.stats();
    expect(acknowledged.size).toBeGreaterThan(KILLS);
    expect(missing).toEqual([]);
    expect(items).toBe(submissions.received);
    expect(items).toBeGreaterThanOrEqual(acknowledged.size);
  });
});

describe('two owners', () => {
  it('are prevented: the second is refused and told who holds the store; after kill -9 the next opens at once', async () => {
    using folder = makeTemporaryFolder();
    const directory = join(folder.path, 'queue');
    const program = startProgram(directory, 0);
    await program.reached(2);

    await expect(open(directory)).rejects.toMatchObject({
      code: 'already_running',
      message: expect.stringMatching(new RegExp(`process ${program.child.pid} holds it since 20\\d\\d-.*Z$`)),
      data: { pid: program.child.pid },
    });
    await kill(program);
    await using store = await open(directory);

    const acknowledged = program.lines.length - 1;
    expect(acknowledged).toBeGreaterThan(0);
    expect((await store.stats()).items).toBeGreaterThanOrEqual(acknowledged);
  });

  it('are prevented within one process too', async () => {
    using folder = makeTemporaryFolder();
    await using _store = await open(folder.path);

    await expect(open(folder.path)).rejects.toMatchObject({ code: 'already_running' });
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'already_running' });
  });
});

describe.skipIf(process.platform === 'win32')('files of the store', () => {
  it('are readable by their owner only', async () => {
    using folder = makeTemporaryFolder();
    const directory = join(folder.path, 'state', 'queue');
    await using store = await open(directory);
    await store.stats();

    const modes: Record<string, number> = {};
    for (const name of ['.', '..', 'FORMAT', 'owner.lock', 'owner.lock.owner.json', 'queue.db', 'queue.db-wal']) {
      modes[name] = (await stat(join(directory, name))).mode & 0o777;
    }
    expect(modes).toEqual({
      '.': 0o700,
      '..': 0o700,
      FORMAT: 0o600,
      'owner.lock': 0o600,
      'owner.lock.owner.json': 0o600,
      'queue.db': 0o600,
      'queue.db-wal': 0o600,
    });
  });
});
