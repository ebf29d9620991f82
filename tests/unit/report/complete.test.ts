import { describe, expect, it } from 'vitest';
import { makeAssembler } from '../../../src/report/assemble.ts';
import type { ReportStamp } from '../../../src/report/stamp.ts';
import { LIMITS, STAMP } from '../../support/guest-realm.ts';
import { assemble, type Draft, feed, finish, start, step } from '../../support/report-records.ts';

const station = (more: Partial<ReportStamp['station']>): ReportStamp => ({
  ...STAMP,
  station: { name: 'OURS', location: 'HALL', purpose: '', apply: 'missing', isNameFromReport: false, ...more },
});

function reportWith(records: readonly Draft[], stamp: ReportStamp = STAMP) {
  const assembler = makeAssembler(LIMITS);
  feed(assembler, records);
  return assemble(assembler, stamp)[0];
}

describe('completeReports()', () => {
  it.each([
    ['missing', { name: 'THEIRS', location: 'HALL', purpose: null }],
    ['always', { name: 'OURS', location: 'HALL', purpose: null }],
    ['never', { name: 'THEIRS', location: null, purpose: null }],
  ] as const)('applies the station: %s', (apply, expected) => {
    const report = reportWith([start({ station: { name: 'THEIRS', location: ' ' } }), finish], station({ apply }));

    expect(report?.station).toMatchObject(expected);
  });

  it('refuses a report without a station name where only the report may name it', () => {
    const assembler = makeAssembler(LIMITS);
    feed(assembler, [start(), finish]);

    expect(assembler.finish(station({ isNameFromReport: true }))).toEqual({
      kind: 'refuse',
      reason: 'station.name: is missing, and nothing else may fill it',
    });
  });

  it.each([
    [1, 'reports'],
    [2, 'reports'],
    [3, 'refuse'],
  ])('takes of %d notes in a report of at most 2 steps: %s', (count, kind) => {
    const misc = Array.from({ length: count }, () => ({ name: 'note' }));
    const assembler = makeAssembler({ ...LIMITS, steps: 2 });
    feed(assembler, [start({ misc }), finish]);

    const end = assembler.finish(STAMP);

    expect(end.kind).toBe(kind);
    if (end.kind === 'refuse') expect(end.reason).toBe('misc: 3 is over limits.steps of 2');
  });

  it.each([
    [99, 99, 0],
    [100, 100, 0],
    [101, 100, 1],
  ])('keeps a serial number of %d characters as %d, with %d warnings', (length, kept, warnings) => {
    const unit = { partNumber: 'P', serialNumber: 'x'.repeat(length), revision: null };

    const report = reportWith([start({ unit }), finish]);

    expect([report?.unit.serialNumber?.length, report?.source.warnings.length]).toEqual([kept, warnings]);
  });

  it('refuses a text that is too long where cutting is off', () => {
    const assembler = makeAssembler({ ...LIMITS, tooLong: 'reject' });
    feed(assembler, [start({ station: { location: 'x'.repeat(101) } }), finish]);

    expect(assembler.finish(STAMP)).toEqual({
      kind: 'refuse',
      reason: 'station.location: 101 characters, at most 100',
    });
  });

  it('warns of a contradiction with the path of its step', () => {
    const limits = { op: 'LE', high: 1 } as const;
    const measurements = [{ kind: 'numeric' as const, value: 5, limits, outcome: 'passed' as const }];

    const report = reportWith([start(), step(1, 0), step(2, 1, { measurements, outcome: 'failed' }), finish]);

    expect(report?.source.warnings).toEqual([
      'root.steps[0].steps[0].measurements[0]: outcome passed contradicts value and limits, which say failed',
    ]);
  });

  it.each([
    [100, 100, undefined],
    [101, 101, 'and 1 more warnings'],
  ])('keeps of %d warnings %d lines', (count, lines, last) => {
    const warnings = Array.from({ length: count }, (_, index) => `w${index}`);

    const report = reportWith([start(), { kind: 'more', step: null, warnings }, finish]);

    expect([report?.source.warnings.length, report?.source.warnings[100]]).toEqual([lines, last]);
  });

  it('counts what contradicts itself beyond the first hundred, however much it is', { timeout: 60_000 }, () => {
    const measurements = Array.from({ length: 1_000 }, () => ({
      kind: 'boolean' as const,
      value: true,
      outcome: 'failed' as const,
    }));
    const steps = Array.from({ length: 140 }, (_, index) => step(index + 1, 0, { measurements, outcome: 'failed' }));

    const report = reportWith([start(), ...steps, finish]);

    expect([report?.source.warnings.length, report?.source.warnings.at(-1)]).toEqual([101, 'and 139900 more warnings']);
  });

  it('writes the source as the daemon knows it', () => {
    const report = reportWith([start(), finish]);

    expect(report?.source).toEqual({
      format: 'test',
      file: 'input',
      bytes: 1,
      sha256: '0'.repeat(64),
      encoding: 'utf-8',
      converter: STAMP.converter,
      submittedBy: 'local',
      receivedAt: '2026-11-21T08:00:00.000Z',
      host: 'TEST-HOST',
      warnings: [],
    });
  });
});
