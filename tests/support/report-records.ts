// Records and reports for tests of the report room, as small as they can be.

import type { Assembler, FinishOutcome, RecordVerdict } from '../../src/report/assemble.ts';
import type { ReportRecordInput } from '../../src/report/records.ts';
import type { CanonicalReport } from '../../src/report/schema.ts';
import { STAMP } from './guest-realm.ts';

type InputOf<Kind extends ReportRecordInput['kind']> = Extract<ReportRecordInput, { kind: Kind }>;
type WithoutPlace<T> = T extends unknown ? Omit<T, 'r' | 'seq'> : never;
/** A record without its place in the conversion. */
export type Draft = WithoutPlace<ReportRecordInput>;

/** The smallest start of a report. */
export const START: InputOf<'start'>['report'] = {
  kind: 'test',
  unit: { partNumber: 'P', serialNumber: 'S', revision: 'R' },
  process: { code: 10 },
  station: {},
  startedAt: null,
  root: { name: 'root', kind: 'sequence' },
};

/** Feed records of report 0, numbered in order; gives the last verdict. */
export function feed(assembler: Assembler, records: readonly Draft[], first = 0): RecordVerdict {
  let verdict: RecordVerdict = { kind: 'ok' };
  for (const [index, record] of records.entries()) {
    verdict = assembler.add(JSON.stringify({ r: 0, seq: first + index, ...record }));
  }
  return verdict;
}

/** A start record. */
export const start = (report: Partial<InputOf<'start'>['report']> = {}): Draft => ({
  kind: 'start',
  report: { ...START, ...report },
});

/** A step below `parent`. */
export const step = (id: number, parent: number, more: Partial<InputOf<'step'>['step']> = {}): Draft => ({
  kind: 'step',
  id,
  parent,
  step: { name: `s${id}`, kind: 'action', ...more },
});

/** The end of a report. */
export const finish: Draft = { kind: 'finish' };

/** The reports, or a failing test. */
export function assemble(assembler: Assembler, stamp = STAMP): readonly CanonicalReport[] {
  const outcome: FinishOutcome = assembler.finish(stamp);
  if (outcome.kind !== 'reports') throw new Error(outcome.reason);
  return outcome.reports.map(({ body }) => JSON.parse(body) as CanonicalReport);
}

/** A canonical document as a person would write it. */
export function document(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    schema: 'airlock.report/1',
    kind: 'test',
    outcome: 'passed',
    unit: { partNumber: 'P', serialNumber: 'S', revision: 'R' },
    process: { code: 10 },
    station: {},
    startedAt: '2026-11-21T08:15:03.120+01:00',
    root: { name: 'root', kind: 'sequence', outcome: 'passed' },
    ...more,
  };
}
