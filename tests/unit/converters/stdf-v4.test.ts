import { describe, expect, it } from 'vitest';
import type { CanonicalReport } from '../../../src/report/schema.ts';
import { loadConverter, reportsOf } from '../../support/guest-realm.ts';
import { type StdfField, type StdfRow, writeStdf } from '../../support/stdf-writer.ts';

const convert = loadConverter('stdf-v4');

const PASSED = 0;
const FAILED = 0x80;
/** PARM_FLG: bits 6 and 7 say that a result on the limit passes. */
const INCLUDED = 0xc0;
/** OPT_FLAG: bit 1 must be set. */
const OWN = 0x02;
const NO_LOW = 0x42;

type Ptr = {
  readonly result: number;
  readonly test?: number;
  readonly parm?: number;
  readonly opt?: number | null;
  readonly unit?: string;
};

function ptr({ result, test = PASSED, parm = INCLUDED, opt = OWN, unit = 'V' }: Ptr): StdfRow {
  const rest: readonly StdfField[] = [
    ['Cn', 'T'],
    ['Cn', ''],
    ['U1', opt ?? 0],
    ['I1', 0],
    ['I1', 0],
    ['I1', 0],
    ['R4', 1],
    ['R4', 9],
    ['Cn', unit],
  ];
  const start: readonly StdfField[] = [
    ['U4', 1],
    ['U1', 1],
    ['U1', 1],
    ['U1', test],
    ['U1', parm],
    ['R4', result],
  ];
  return [15, 10, ...start, ...(opt === null ? [] : rest)];
}

const PRR: StdfRow = [
  5,
  20,
  ['U1', 1],
  ['U1', 1],
  ['U1', 0],
  ['U2', 1],
  ['U2', 1],
  ['U2', 1],
  ['I2', 1],
  ['I2', 1],
  ['U4', 1],
  ['Cn', 'P'],
  ['Cn', ''],
];

/** One part for each test; what is told of its only step. */
async function read(...tests: readonly Ptr[]) {
  const parts = tests.flatMap((test): StdfRow[] => [[5, 10, ['U1', 1], ['U1', 1]], ptr(test), PRR]);
  const bytes = writeStdf([...parts, [1, 20, ['U4', 5]]]);
  const result = await convert(bytes.toString('latin1'), { mode: 'bytes' });
  return (reportsOf(result) as readonly CanonicalReport[]).map(({ root, source }) => {
    const [step] = root.steps;
    const [measurement] = step?.measurements ?? [];
    const contradictions = source.warnings.filter((warning) => warning.includes('contradicts'));
    return { limits: measurement?.limits, unit: measurement?.unit, step, contradictions };
  });
}

const limits = (op: string, low: number | null, high: number | null) => ({ op, low, high, target: null });

describe('stdf-v4', () => {
  it('takes limits and unit that a record leaves out from the first record of the test, and from no later one', async () => {
    const first = { result: 5, opt: NO_LOW, unit: '' };

    const reports = await read(first, { result: 5 }, { result: 0, opt: null });

    expect(reports.map((report) => [report.limits, report.unit])).toEqual([
      [limits('LE', null, 9), null],
      [limits('GELE', 1, 9), 'V'],
      [limits('LE', null, 9), null],
    ]);
  });

  it.each([
    [0x00, OWN, limits('GTLT', 1, 9)],
    [0x40, OWN, limits('GELT', 1, 9)],
    [0x80, OWN, limits('GTLE', 1, 9)],
    [0xc0, OWN, limits('GELE', 1, 9)],
    [0x00, NO_LOW, limits('LT', null, 9)],
    [0x00, 0x82, limits('GT', 1, null)],
    [0x00, 0xc2, null],
  ])('compares with the ends as PARM_FLG %d says, with OPT_FLAG %d', async (parm, opt, expected) => {
    const [report] = await read({ result: 9, test: FAILED, parm, opt });

    expect(report?.limits).toEqual(expected);
  });

  it('finds no contradiction in a result on a limit that is not included, and one in a result on one that is', async () => {
    const [outside, inside] = await read(
      { result: 9, test: FAILED, parm: 0x00 },
      { result: 9, test: FAILED, parm: INCLUDED },
    );

    expect([outside?.contradictions.length, inside?.contradictions.length]).toEqual([0, 1]);
  });

  it('keeps limits beside a test that passed others, and says so', async () => {
    const [report] = await read({ result: 12, parm: INCLUDED | 0x20 });

    expect(report).toMatchObject({
      limits: null,
      contradictions: [],
      step: {
        outcome: 'passed',
        nativeOutcome: 'passed alternate limits',
        extensions: { stdf: { op: 'GELE', low: 1, high: 9 } },
      },
    });
  });

  it('names an error of scale, drift or oscillation', async () => {
    const [report] = await read({ result: 5, parm: INCLUDED | 0x07 });

    expect(report?.step?.nativeOutcome).toBe('scale error, drift error, oscillation');
  });
});
