import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAssembler } from '../../src/report/assemble.ts';
import { parseCanonicalFile } from '../../src/report/canonical-file.ts';
import { toErrorRecord } from '../../src/sandbox/guest-text.ts';
import { LIMITS, STAMP } from '../support/guest-realm.ts';
import { START } from '../support/report-records.ts';
import { body, makeJob, makeTaken, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

const MIB = 1024 ** 2;
/** Items that a stop may let in beyond the limit: those of the record that reached it. */
const ITEMS = 20_000;
const HEAD =
  '"schema":"airlock.report/1","kind":"test","outcome":"passed","process":{"code":1},"station":{},"startedAt":null,"root":{"name":"r","kind":"sequence","outcome":"passed"}';

describe('a conversion that would fill the memory of the daemon', () => {
  it.each([
    ['subUnits', {}],
    ['failures', {}],
    ['misc', { name: 'x' }],
    ['assets', { serialNumber: 'x' }],
  ])('is stopped when its %s are more than the steps it may have', (name, item) => {
    const assembler = makeAssembler({ ...LIMITS, conversionSteps: 50_000 });
    const items = Array.from({ length: ITEMS / 10 }, () => item);
    const repair = name === 'failures' ? { failures: [] } : null;
    assembler.add(JSON.stringify({ r: 0, seq: 0, kind: 'start', report: { ...START, kind: 'repair', repair } }));
    const verdicts = Array.from({ length: 30 }, (_, index) =>
      assembler.add(JSON.stringify({ r: 0, seq: index + 1, kind: 'more', step: null, [name]: items })),
    );

    expect(verdicts[23]).toEqual({ kind: 'ok' });
    expect(verdicts[24]).toEqual({ kind: 'stop', limit: 'steps', used: 50_001, allowed: 50_000 });
  });

  it('is stopped when sub-units that come with their reports are too many', () => {
    const assembler = makeAssembler({ ...LIMITS, conversionSteps: 30_000 });
    const unit = { ...START.unit, subUnits: Array.from({ length: ITEMS }, () => ({})) };
    const [first, second] = [0, 1].map((r) =>
      assembler.add(JSON.stringify({ r, seq: r, kind: 'start', report: { ...START, unit } })),
    );

    expect(first).toEqual({ kind: 'ok' });
    expect(second).toEqual({ kind: 'stop', limit: 'steps', used: 40_002, allowed: 30_000 });
  });

  it('is refused when its extensions hold more objects than its steps could have', () => {
    const assembler = makeAssembler({ ...LIMITS, conversionSteps: 3_000 });
    const extensions = { x: Array.from({ length: ITEMS }, () => []) };
    const verdicts = [0, 1, 2].map((r) =>
      assembler.add(JSON.stringify({ r, seq: r, kind: 'start', report: { ...START, extensions } })),
    );

    expect(verdicts.map(({ kind }) => kind)).toEqual(['ok', 'ok', 'refuse']);
  });

  it.each([
    ['lists under a key that nobody knows', `{${HEAD},"x":[${'[],'.repeat(8 * MIB)}[]]}`],
    ['empty sub-units', `{${HEAD},"unit":{"subUnits":[${'{},'.repeat(8 * MIB)}{}]}}`],
    ['objects, one on each line', `{"schema":"airlock.report/1"}\n${'{}\n'.repeat(8 * MIB)}`],
  ])('is rejected before its canonical file is parsed: %s', (_name, text) => {
    const before = process.memoryUsage().heapUsed;
    const outcome = parseCanonicalFile(text, { limits: LIMITS, stamp: STAMP });

    expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(/more than [\d,]+/) });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * MIB);
  });

  it.each([
    [49_999, 'reports'],
    [50_000, 'reports'],
    [50_001, 'rejected'],
  ])('takes a canonical report of %d sub-units: %s', (count, kind) => {
    const unit = {
      partNumber: 'P',
      serialNumber: 'S',
      revision: null,
      subUnits: Array.from({ length: count }, () => ({})),
    };
    const text = `{${HEAD},"unit":${JSON.stringify(unit)}}`;

    expect(parseCanonicalFile(text, { limits: LIMITS, stamp: STAMP }).kind).toBe(kind);
  });
});

describe('a canonical file of many reports', () => {
  it.each([
    [5, 'reports'],
    [6, 'reports'],
    [7, 'rejected'],
  ])('may have six steps in all, and has %d: %s', (count, kind) => {
    const steps = (many: number) =>
      Array.from({ length: many }, () => ({ name: 's', kind: 'action', outcome: 'done' }));
    const report = (many: number, serialNumber: string) => ({
      ...(JSON.parse(`{${HEAD}}`) as object),
      unit: { partNumber: 'P', serialNumber, revision: null },
      root: { name: 'r', kind: 'sequence', outcome: 'passed', steps: steps(many - 1) },
    });
    const text = JSON.stringify([report(3, 'a'), report(count - 3, 'b')]);

    expect(parseCanonicalFile(text, { limits: { ...LIMITS, conversionSteps: 6 }, stamp: STAMP }).kind).toBe(kind);
  });
});

describe('a stack that names a large file in every frame', () => {
  it('is read without reading the file for each of them', () => {
    const failure = { kind: 'failed', name: 'E', message: '', stack: '    at a.ts:1048577:1\n'.repeat(400) } as const;
    const files = new Map([['a.ts', '\n'.repeat(MIB)]]);
    const begunMs = performance.now();
    const { line, stack } = toErrorRecord(failure, { files }, { errorText: 2_048, errorStack: 8_192 });

    expect(performance.now() - begunMs).toBeLessThan(1_000);
    expect([line, stack.split('\n').length]).toEqual([MIB + 1, 50]);
  });
});

describe(`the event loop of the daemon (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool();
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  it('has its turns while a converter floods it with records that are slow to take', async () => {
    const { sink } = makeTaken();
    const job = makeJob(body('for (let i = 0; i < 2000; i += 1) host.part(String(i))'), { limits: { wall: 20_000 } });
    let inTurn = 0;
    let mostInTurn = 0;
    const part: typeof sink.part = () => {
      if (inTurn === 0) setImmediate(() => (inTurn = 0));
      inTurn += 1;
      mostInTurn = Math.max(mostInTurn, inTurn);
      for (const until = performance.now() + 0.5; performance.now() < until; );
      return { kind: 'ok' };
    };
    const outcome = await pool.pool.convert(job, { ...sink, part }, { signal: new AbortController().signal });

    expect(outcome.kind).toBe('converted');
    // Two turns of 5 ms may follow each other before this test has its own; without turns it is all that the pipe holds.
    expect(mostInTurn).toBeLessThanOrEqual(25);
  });
});
