// Every fixture of every bundled converter, through the real sealed runner.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFixtures } from '../support/fixtures.ts';
import { LIMITS } from '../support/guest-realm.ts';
import { type SealedConverters, startSealedConverters } from '../support/sealed-converters.ts';

const FIXTURES = listFixtures();
const LOT = readFileSync(path.resolve(import.meta.dirname, '../fixtures/samples/stdf-v4/lot2.stdf.gz'));

describe('bundled converters in the sealed runner', () => {
  let sealed: SealedConverters;
  beforeAll(async () => {
    sealed = await startSealedConverters();
  });
  afterAll(async () => {
    await sealed?.[Symbol.asyncDispose]();
  });

  it.each(FIXTURES)('$converter gives for $name what stands beside it', async (fixture) => {
    const { outcome, reports } = await sealed.convert(fixture.converter, fixture, { arguments: fixture.given });

    expect(outcome.kind).toBe('converted');
    expect(reports).toEqual(JSON.parse(readFileSync(fixture.expected, 'utf8')));
  });

  it.each(FIXTURES)('the converter of $converter/$name is the surest of it', async (fixture) => {
    const sure = await Promise.all(
      sealed.names.map(async (name) => ({ name, sure: await sealed.probe(name, fixture) })),
    );
    const [first, second] = sure.toSorted((one, other) => other.sure - one.sure);

    expect(first?.name).toBe(fixture.converter);
    expect((first?.sure ?? 0) - (second?.sure ?? 0)).toBeGreaterThan(0.05);
  });

  it('stdf-v4 reads a whole lot, gzipped, within the limits of time and memory', { timeout: 120_000 }, async () => {
    const limits = { ...LIMITS, reports: 2_000 };
    const { outcome, reports } = await sealed.convert('stdf-v4', { name: 'lot2.stdf.gz', bytes: LOT }, { limits });

    expect(outcome).toMatchObject({ kind: 'converted', used: { records: 61_032 } });
    const outcomes = (reports ?? []).map((report) => (report as { outcome: string }).outcome);
    expect(outcomes.filter((word) => word === 'passed')).toHaveLength(1_389);
    expect(outcomes.filter((word) => word === 'failed')).toHaveLength(180);
  });

  it('stdf-v4 is stopped at the limit of reports, which it names', { timeout: 120_000 }, async () => {
    const bytes = gunzipSync(LOT);
    const { outcome } = await sealed.convert('stdf-v4', { name: 'lot2.stdf', bytes });

    expect(outcome).toEqual({ kind: 'stopped', limit: 'reports', used: 1_001, allowed: 1_000 });
  });
});
