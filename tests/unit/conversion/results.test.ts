import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openResults } from '../../../src/conversion/results.ts';
import { DEFAULT_REPORT_LIMITS } from '../../../src/report/limits.ts';
import { canonicalReport } from '../../support/e2e.ts';
import { start } from '../../support/report-records.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const LIMITS = { ...DEFAULT_REPORT_LIMITS, conversionSteps: 5_000 };
const STAMP = {
  submissionId: '01980000-0000-7000-8000-000000000001',
  receivedAtUnixMs: 1_700_000_000_000,
  file: { name: 'a.csv', bytes: 1, sha256: 'ab'.repeat(32) },
  encoding: 'utf-8',
  converter: null,
  format: 'x',
  submittedBy: 'submit',
  host: 'bench-7',
  station: { name: 's', location: '', purpose: '', apply: 'missing', isNameFromReport: false },
} as const;

const results = openResults();
afterAll(() => results[Symbol.asyncDispose]());

const head = (seq: number): string => JSON.stringify({ r: 0, seq, ...start() });
const step = (seq: number): string =>
  JSON.stringify({
    r: 0,
    seq,
    kind: 'step',
    id: seq,
    parent: 0,
    step: { name: `s${seq}`, kind: 'action', outcome: 'passed' },
  });
const finish = (seq: number): string => JSON.stringify({ r: 0, seq, kind: 'finish' });

/** 100 steps stay here, 4,000 go to a thread. */
const SIZES = [100, 4_000];

describe('openResults()', () => {
  it.each(SIZES)('makes a report of %i steps', async (steps) => {
    using taker = results.take(LIMITS);
    const records = [head(0), ...Array.from({ length: steps }, (_, index) => step(index + 1)), finish(steps + 1)];

    for (const record of records) expect(taker.part(record)).toEqual({ kind: 'ok' });

    expect(await taker.check()).toEqual({ kind: 'ok' });
    const outcome = await taker.finish(STAMP);
    const [report] = outcome.kind === 'reports' ? outcome.reports : expect.unreachable();
    expect(JSON.parse(report?.body ?? '')).toMatchObject({ outcome: 'passed', root: { steps: { length: steps } } });
  });

  it.each(SIZES)('keeps attachments whole after %i steps', async (steps) => {
    using taker = results.take(LIMITS);
    const pieces = [Buffer.alloc(60_000, 1), Buffer.alloc(10, 2)];
    for (const record of [head(0), ...Array.from({ length: steps }, (_, index) => step(index + 1))]) taker.part(record);

    for (const piece of pieces) {
      taker.attach(piece);
      // The pipe uses its memory again.
      piece.fill(9);
    }
    taker.part(JSON.stringify({ r: 0, seq: steps + 1, kind: 'attach', name: 'a.bin' }));
    taker.part(finish(steps + 2));

    const whole = Buffer.concat([Buffer.alloc(60_000, 1), Buffer.alloc(10, 2)]);
    const sha256 = createHash('sha256').update(whole).digest('hex');
    const outcome = await taker.finish(STAMP);
    const [report] = outcome.kind === 'reports' ? outcome.reports : expect.unreachable();
    expect(report?.attachments).toEqual([{ sha256, bytes: expect.objectContaining({ length: 60_010 }) }]);
    expect(Buffer.compare(report?.attachments[0]?.bytes ?? Buffer.alloc(0), whole)).toBe(0);
  });

  it.each(SIZES)('refuses a bad record after %i steps, and repeats it', async (steps) => {
    using taker = results.take(LIMITS);
    for (const record of [head(0), ...Array.from({ length: steps }, (_, index) => step(index + 1))]) taker.part(record);

    taker.part('{');

    const refusal = { kind: 'refuse', reason: expect.stringContaining(`record ${steps + 1}: not JSON`) };
    expect(await taker.check()).toEqual(refusal);
    expect(taker.part(finish(steps + 1))).toEqual(refusal);
  });

  it.each([
    [4_999, 'ok'],
    [5_000, 'ok'],
    [5_001, 'stop'],
  ])('says at %i of 5,000 steps: %s', async (steps, kind) => {
    using taker = results.take(LIMITS);
    const records = [head(0), ...Array.from({ length: steps - 1 }, (_, index) => step(index + 1))];

    for (const record of records) taker.part(record);

    expect((await taker.check()).kind).toBe(kind);
  });

  it('takes several conversions at once', async () => {
    using one = results.take(LIMITS);
    using two = results.take(LIMITS);
    for (const taker of [one, two]) taker.part(head(0));

    for (let seq = 1; seq <= 1_000; seq += 1) for (const taker of [one, two]) taker.part(step(seq));
    two.part('{');

    expect([await one.check(), (await two.check()).kind]).toEqual([{ kind: 'ok' }, 'refuse']);
  });

  it('forgets a conversion that is given up, and works for the next one', async () => {
    {
      using given = results.take(LIMITS);
      given.part(head(0));
      for (let seq = 1; seq <= 2_000; seq += 1) given.part(step(seq));
    }
    using next = results.take(LIMITS);

    expect(next.part(head(0))).toEqual({ kind: 'ok' });
    expect(await next.check()).toEqual({ kind: 'ok' });
  });

  it.each([1, 500])('reads a canonical file of %i reports, wherever it lies', async (count) => {
    await using folder = await makeTemporaryFolder();
    const file = path.join(folder.path, 'in.json');
    const bytes = Buffer.from(Array.from({ length: count }, (_, index) => canonicalReport(`SN-${index}`)).join('\n'));
    await writeFile(file, bytes);
    const options = { limits: LIMITS, stamp: STAMP };

    const [near, far] = await Promise.all([
      results.read({ kind: 'inline', bytes }, options),
      results.read({ kind: 'file', path: file, size: bytes.length }, options),
    ]);

    expect(near).toMatchObject({ kind: 'reports', reports: { length: count } });
    expect(far).toEqual(near);
  });

  it('fails where a large file is gone', async () => {
    const read = results.read(
      { kind: 'file', path: '/nowhere/in.json', size: 1_000_000 },
      { limits: LIMITS, stamp: STAMP },
    );

    await expect(read).rejects.toMatchObject({ code: 'internal' });
  });
});
