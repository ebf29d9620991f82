import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { BUNDLE_FILES, hashBytes, hashSources, openBundle } from '../../src/sandbox/bundle.ts';
import type { Pool, ProbeOutcome } from '../../src/sandbox/job.ts';
import { startPool } from '../../src/sandbox/pool.ts';
import { NO_TOOLS } from '../../src/sandbox/walls/compose.ts';
import { ATTACK_LIMITS, nameOf } from '../support/attack.ts';
import { DEFAULTS, makeCompanion, makeJob, makeProbe, makeTaken, ROOT } from '../support/sandbox.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

/** Larger than one piece, so that asking again and again gets more than one answer. */
const companions = [makeCompanion('a.txt', 'x'.repeat(4_000_000))];
const HOSTILE = path.join(ROOT, 'tests/support/hostile-runner.cjs');

async function writeHostileBundle(folder: string): Promise<void> {
  await copyFile(HOSTILE, path.join(folder, BUNDLE_FILES.runner));
  await writeFile(path.join(folder, BUNDLE_FILES.guest), '');
  await writeFile(path.join(folder, BUNDLE_FILES.converters), '');
  const sources = ['package.json'];
  const manifest = {
    runner: hashBytes(await readFile(HOSTILE)),
    guest: hashBytes(''),
    converters: hashBytes(''),
    sources,
    sourcesSha256: await hashSources(ROOT, sources),
  };
  await writeFile(path.join(folder, BUNDLE_FILES.manifest), JSON.stringify(manifest));
}

describe('a runner that was taken over', () => {
  const stack = new AsyncDisposableStack();
  let pool: Pool;
  beforeAll(async () => {
    const { path: folder } = stack.use(await makeTemporaryFolder());
    await writeHostileBundle(folder);
    const bundle = await openBundle({ folder, root: ROOT });
    const deps = { clock: systemClock, log: silentLogger, bundle, tools: NO_TOOLS };
    pool = stack.use(await startPool(deps, { ...DEFAULTS, runners: 1 }));
  });
  afterAll(() => stack.disposeAsync());

  async function tell(lie: string) {
    const taken = makeTaken();
    const job = makeJob('', { limits: { ...ATTACK_LIMITS, steps: 100, output: 1_000_000 } });
    const { signal } = new AbortController();
    const begunMs = performance.now();
    const outcome = await pool.convert({ ...job, input: { ...job.input, name: lie }, companions }, taken.sink, {
      signal,
    });
    return { name: nameOf(outcome), outcome, taken, ms: performance.now() - begunMs };
  }

  async function tellProbe(lie: string): Promise<ProbeOutcome> {
    const job = makeProbe('', { limits: ATTACK_LIMITS });
    return await pool.probe({ ...job, head: { ...job.head, name: lie } }, { signal: new AbortController().signal });
  }

  async function expectHonestNext(): Promise<void> {
    const next = await tell('honest');
    expect(next.name).toBe('converted');
    expect(next.taken.parts).toEqual(['next']);
  }

  it.each([
    'length of 4 GiB',
    'length of 0',
    'length over the cap by one',
    'unknown type',
    'type of the other direction',
    'text instead of frames',
    'result for another job',
    'record for another job',
    'result before the start',
    'record before the start',
    'two starts',
    'result that is no JSON',
    'result with more keys',
    'fail that claims converted',
    'fail with deep JSON',
    'a flood of empty records',
    'a flood of log lines',
    'a flood of pulls',
    'a flood of pulls of a companion',
    'a pull of no file',
    'a pull of a companion too many',
    'a pull before the start',
    'an answer to a probe',
    'a flood of starts',
  ])('is killed at once for: %s', async (lie) => {
    const { outcome, ms } = await tell(lie);

    expect(outcome).toEqual({ kind: 'crashed', signal: 'protocol' });
    expect(ms).toBeLessThan(ATTACK_LIMITS.wall + 1_500);
    await expectHonestNext();
  });

  it.each([
    ['silence', 'stopped load'],
    ['silence after the start', 'stopped wall'],
    ['dripped for ever', 'stopped wall'],
    ['an exit', 'crashed'],
    ['an exit in the middle of a frame', 'crashed'],
    ['dripped frames', 'converted'],
    ['a flood of standard error', 'converted'],
  ])('ends in time: %s', async (lie, expected) => {
    const { name, ms } = await tell(lie);

    expect(name).toBe(expected);
    expect(ms).toBeLessThan(ATTACK_LIMITS.wall + ATTACK_LIMITS.load + 1_000 + 1_500);
    await expectHonestNext();
  });

  it.each([
    'a confidence of 2',
    'a confidence that is a text',
    'an answer before the start',
    'an answer for another job',
    'a pull',
    'a record',
    'a log line',
    'the end of a conversion',
    'a flood of starts',
    'an answer over its cap',
  ])('is killed at once when it answers a probe with %s', async (lie) => {
    expect(await tellProbe(lie)).toEqual({ kind: 'none', reason: 'the runner ended: protocol' });
    expect(await tellProbe('honest')).toEqual({ kind: 'confidence', value: 0.5 });
  });

  it.each([
    ['silence', `load: ${ATTACK_LIMITS.load}`],
    ['silence after the start', 'wall: 250'],
  ])('ends in time when it answers a probe with %s', async (lie, limit) => {
    expect(await tellProbe(lie)).toEqual({ kind: 'none', reason: `stopped at its limit of ${limit}` });
    expect(await tellProbe('honest')).toEqual({ kind: 'confidence', value: 0.5 });
  });

  it.each(['two results', 'a result for the next job', 'words after the result'])(
    'cannot speak for the next job: %s',
    async (lie) => {
      const { name, taken } = await tell(lie);

      expect(name).toBe('converted');
      expect(taken.parts).toEqual(['next']);
      await expectHonestNext();
    },
  );
});
