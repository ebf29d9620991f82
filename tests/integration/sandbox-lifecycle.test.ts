import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { isSystemError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { eventually, findProcesses } from '../support/processes.ts';
import { body, makeJob, makeTaken, ROOT, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

const isLinux = process.platform === 'linux';
const LONG = { wall: 30_000, cpu: 30_000 };

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // Race: the first kill may have taken the next process with it.
      if (!isSystemError(error, 'ESRCH')) throw error;
    }
  }
}

const hasSpare = (pool: TestPool) => async () => pool.pool.runners().ready > 0;

describe.runIf(isLinux)(`life of runners (${WALLS_NAME})`, () => {
  it('leaves no process when it is disposed, idle or busy, and blames no converter', async () => {
    const pool = await startTestPool();
    const { signal } = new AbortController();
    const { promise: running, resolve } = Promise.withResolvers<void>();
    const sink = { ...makeTaken().sink, log: () => resolve() };
    const job = makeJob(body("host.log(0, ''); [].indexOf.call({ length: 2 ** 53 - 1 }, 1)"), { limits: LONG });
    const ended = expect(pool.pool.convert(job, sink, { signal })).rejects.toMatchObject({ code: 'shutting_down' });
    await running;
    expect((await findProcesses(pool.folder)).length).toBeGreaterThan(0);

    await pool[Symbol.asyncDispose]();

    await ended;
    await eventually(async () => (await findProcesses(pool.folder)).length === 0);
    await expect(pool.pool.convert(job, sink, { signal })).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it('keeps the runner that tried the walls as its first spare', async () => {
    await using pool = await startTestPool();
    const started = await findProcesses(pool.folder);

    expect(pool.pool.runners()).toEqual({ size: 1, busy: 0, ready: 1 });
    expect((await pool.run(body('host.part("1")'))).taken.parts).toEqual(['1']);
    expect(await findProcesses(pool.folder)).toEqual(expect.arrayContaining([...started]));
  });

  it('replaces a runner that is killed while idle', async () => {
    await using pool = await startTestPool();
    await eventually(hasSpare(pool));

    kill(await findProcesses(pool.folder));

    expect((await pool.run(body('host.part("1")'))).taken.parts).toEqual(['1']);
  });

  it('tells a runner that is killed in the middle of a job as crashed, and goes on', async () => {
    await using pool = await startTestPool();
    const taken = makeTaken();
    const log = (): void => void findProcesses(pool.folder).then(kill);
    const job = makeJob(body("host.pull(0); host.log(0, ''); for (;;);"), { limits: LONG });

    const outcome = await pool.pool.convert(job, { ...taken.sink, log }, { signal: new AbortController().signal });

    expect(outcome).toEqual({ kind: 'crashed', signal: 'SIGKILL' });
    expect((await pool.run(body('host.part("1")'))).outcome.kind).toBe('converted');
  });

  it('tries a job once more when its runner dies before the first input', async () => {
    await using pool = await startTestPool();
    const fractions: number[] = [];
    const progress = (fraction: number): void => {
      fractions.push(fraction);
      if (fractions.length === 1) void findProcesses(pool.folder).then(kill);
    };
    const text = 'host.progress(0.5); for (let i = 0; i < 4e6; i += 1) Math.sqrt(i); host.pull(0); host.part("1")';
    const taken = makeTaken();

    const outcome = await pool.pool.convert(
      makeJob(body(text), { limits: LONG }),
      { ...taken.sink, progress },
      { signal: new AbortController().signal },
    );

    expect(outcome.kind).toBe('converted');
    expect({ fractions, parts: taken.parts }).toEqual({ fractions: [0.5, 0.5], parts: ['1'] });
  });

  it('survives a storm of kills without starting faster than its back-off', async () => {
    await using pool = await startTestPool();
    const seen = new Set<number>();
    const end = performance.now() + 1_500;
    while (performance.now() < end) {
      const pids = await findProcesses(pool.folder);
      for (const pid of pids) seen.add(pid);
      kill(pids);
    }

    // 0, 0, 50, 100, 200, 400, 800 ms: at most 8 runners in 1.5 s, each a process or two.
    expect(seen.size).toBeLessThanOrEqual(20);
    expect((await pool.run(body('host.part("1")'), { limits: LONG })).taken.parts).toEqual(['1']);
  });

  it('leaves no orphan when the daemon is killed while a runner is stuck', async () => {
    const program = path.join(ROOT, 'tests/support/sandbox-daemon.ts');
    const daemon = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [folder] = await once(daemon.stdout, 'data');
    const stuck = await findProcesses(String(folder));

    daemon.kill('SIGKILL');

    await once(daemon, 'exit');
    expect(stuck.length).toBeGreaterThan(0);
    await eventually(async () => (await findProcesses(String(folder))).length === 0);
  });
});

describe('use of runners', () => {
  it.runIf(isLinux)('keeps the process of a converter and never lets two own converters share one', async () => {
    await using pool = await startTestPool({ runners: 1 });
    const pids = async () => new Set(await findProcesses(pool.folder));
    await pool.run(body('host.part("a")'));
    await eventually(async () => pool.pool.runners().ready === 2);
    const before = await pids();

    await pool.run(body('host.part("a")'));

    expect(await pids()).toEqual(before);
  });

  it('serves bundled converters in one process, each with an isolate of its own', async () => {
    await using pool = await startTestPool();

    for (const text of ['a', 'b', 'a']) {
      const { taken } = await pool.run(body(`host.part(String(globalThis.left) + '${text}'); globalThis.left = 1`), {
        trust: 'bundled',
      });
      expect(taken.parts).toEqual([`undefined${text}`]);
    }
  });

  it('replaces a runner after its number of jobs', async () => {
    await using pool = await startTestPool({ recycleJobs: 2 });
    await eventually(hasSpare(pool));
    const first = await findProcesses(pool.folder);
    const left = async () => (await findProcesses(pool.folder)).filter((pid) => first.includes(pid));

    expect((await pool.run(body('host.part("1")'))).outcome.kind).toBe('converted');
    expect(await left()).toEqual(first);

    expect((await pool.run(body('host.part("1")'))).outcome.kind).toBe('converted');
    await eventually(async () => (await left()).length === 0);
  });

  it('forgets the contexts of earlier jobs: no runner dies of them', async () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (_fields: unknown, message: string) => void warnings.push(message) };
    await using pool = await startTestPool({ log });
    const text = body("globalThis.ballast = new Array(100000).fill(1.5); host.part('1')");

    // 800 KB each: a hundred of the contexts would fill the heap if they were kept.
    for (let job = 1; job <= 250; job += 1) expect((await pool.run(text)).outcome.kind).toBe('converted');
    expect(warnings).toEqual([]);
  });

  it.runIf(isLinux)('replaces a runner whose heap is more than a quarter full', async () => {
    await using pool = await startTestPool();
    const seen = new Set<number>();
    for (let job = 1; job <= 2; job += 1) {
      const text = body("const kept = new Array(3e6).fill(1.5); host.log(0, ''); host.part(String(kept.length))");
      expect((await pool.run(text)).outcome.kind).toBe('converted');
      await eventually(async () => pool.pool.runners().ready === 1);
      for (const pid of await findProcesses(pool.folder)) seen.add(pid);
    }

    expect(seen.size).toBeGreaterThanOrEqual(2);
  });

  it('gives converters that want their input whole a larger heap', async () => {
    await using pool = await startTestPool();
    const text = 'const kept = []; for (let i = 0; i < 12e6; i += 1) kept.push(1.5); host.part("1")';
    const limits = { ...LONG, heapStream: 32 * 1024 ** 2, heapWhole: 512 * 1024 ** 2 };

    expect((await pool.run(body(text), { mode: 'lines', limits })).outcome.kind).toBe('stopped');
    expect((await pool.run(body(text), { mode: 'text', limits })).outcome.kind).toBe('converted');
  });

  it('refuses the 65th that waits', async () => {
    await using pool = await startTestPool({ runners: 1 });
    const controller = new AbortController();
    const job = makeJob(body('for (;;);'), { limits: LONG });
    const waiting = Array.from({ length: 65 }, () =>
      pool.pool.convert(job, makeTaken().sink, { signal: controller.signal }).catch(() => 'aborted'),
    );

    await expect(pool.pool.convert(job, makeTaken().sink, { signal: controller.signal })).rejects.toMatchObject({
      code: 'queue_full',
      data: { limit: 64 },
    });
    controller.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['aborted']));
  });
});
