import { describe, expect, it } from 'vitest';
import { cutText, findContradiction, findLimitsProblem, rollUp, verdictOf } from '../../../src/report/rules.ts';
import type { Measurement, MeasurementLimits } from '../../../src/report/schema.ts';

type Op = MeasurementLimits['op'];
const limits = (op: Op, more: Partial<MeasurementLimits> = {}): MeasurementLimits => ({
  op,
  low: null,
  high: null,
  target: null,
  ...more,
});
const numeric = (value: number | null, given: MeasurementLimits | null, outcome: Measurement['outcome'] = 'passed') =>
  ({ kind: 'numeric', name: null, value, valueText: null, unit: null, limits: given, outcome }) as const;

describe('verdictOf()', () => {
  it.each<[Op, number, Partial<MeasurementLimits>, 'passed' | 'failed']>([
    ['GT', 1, { low: 1 }, 'failed'],
    ['GE', 1, { low: 1 }, 'passed'],
    ['LT', 1, { high: 1 }, 'failed'],
    ['LE', 1, { high: 1 }, 'passed'],
    ['EQ', 1, { target: 1 }, 'passed'],
    ['NE', 1, { target: 1 }, 'failed'],
    ['GTLT', 1, { low: 1, high: 3 }, 'failed'],
    ['GTLE', 3, { low: 1, high: 3 }, 'passed'],
    ['GELT', 3, { low: 1, high: 3 }, 'failed'],
    ['GELE', 3, { low: 1, high: 3 }, 'passed'],
    ['LTGT', 1, { low: 1, high: 3 }, 'failed'],
    ['LTGE', 3, { low: 1, high: 3 }, 'passed'],
    ['LEGT', 1, { low: 1, high: 3 }, 'passed'],
    ['LEGE', 2, { low: 1, high: 3 }, 'failed'],
    ['GELE', 5, { low: '-Infinity', high: 'Infinity' }, 'passed'],
    ['GELE', 5, { low: 'NaN', high: 9 }, 'failed'],
  ])('%s of %d within %j is %s', (op, value, given, verdict) => {
    expect(verdictOf(numeric(value, limits(op, given)))).toBe(verdict);
  });

  it.each<[string, Op, Partial<MeasurementLimits>, 'passed' | 'failed' | null]>([
    ['Infinity', 'GELE', { low: 0, high: 2 }, 'failed'],
    ['-Infinity', 'GELE', { low: 0, high: 2 }, 'failed'],
    ['Infinity', 'GE', { low: 0 }, 'passed'],
    ['-Infinity', 'LT', { high: 0 }, 'passed'],
    ['Infinity', 'LTGT', { low: 0, high: 2 }, 'passed'],
    ['Infinity', 'LE', { high: 'Infinity' }, 'passed'],
    ['Infinity', 'EQ', { target: 'Infinity' }, 'passed'],
    ['Infinity', 'EQ', { target: 1 }, 'failed'],
    ['NaN', 'GELE', { low: 0, high: 2 }, 'failed'],
    ['NaN', 'LTGT', { low: 0, high: 2 }, 'failed'],
    ['NaN', 'NE', { target: 1 }, 'failed'],
    ['NaN', 'EQT', { target: 1 }, 'failed'],
    ['NaN', 'LOG', {}, null],
    ['overload', 'GELE', { low: 0, high: 2 }, null],
  ])('a value of %s, %s %j, is %s', (valueText, op, given, verdict) => {
    expect(verdictOf({ kind: 'numeric', value: null, valueText, limits: limits(op, given) })).toBe(verdict);
  });

  it('compares texts with and without case', () => {
    const text = (op: Op) =>
      verdictOf({ kind: 'text', value: 'Ab', valueText: null, limits: limits(op, { target: 'aB' }) });

    expect([text('CASESENSIT'), text('IGNORECASE'), text('EQ'), text('NE')]).toEqual([
      'failed',
      'passed',
      'failed',
      'passed',
    ]);
  });

  it('says nothing without a value, without limits, and for EQT and LOG', () => {
    const measurements = [
      numeric(null, limits('GE', { low: 1 })),
      numeric(1, null),
      numeric(1, limits('EQT', { target: 1 })),
      numeric(1, limits('LOG')),
    ];

    expect(measurements.map(verdictOf)).toEqual([null, null, null, null]);
  });

  it('takes a boolean value as its verdict', () => {
    expect(verdictOf({ kind: 'boolean', value: false, valueText: null, limits: null })).toBe('failed');
  });
});

describe('findLimitsProblem()', () => {
  it('asks for each limit an operator needs', () => {
    expect(findLimitsProblem(limits('GELE', { low: 1 }), 'numeric')).toBe('GELE needs "high"');
  });

  it('refuses a limit that an operator has no use for', () => {
    expect(findLimitsProblem(limits('GE', { low: 1, high: 2 }), 'numeric')).toBe('GE has no use for "high"');
  });

  it('refuses to compare a text with a range', () => {
    expect(findLimitsProblem(limits('GE', { low: 1 }), 'text')).toMatch(/compares numbers/);
  });
});

describe('findContradiction()', () => {
  it('names an outcome that value and limits do not bear out', () => {
    expect(findContradiction(numeric(5, limits('LE', { high: 1 })))).toBe(
      'outcome passed contradicts value and limits, which say failed',
    );
  });

  it('names limits in the wrong order', () => {
    expect(findContradiction(numeric(2, limits('GELE', { low: 3, high: 1 }), 'failed'))).toBe(
      'low limit 3 is above high limit 1',
    );
  });

  it('has nothing to say about error, skipped and done', () => {
    expect(findContradiction(numeric(5, limits('LE', { high: 1 }), 'error'))).toBeNull();
  });
});

describe('rollUp()', () => {
  it.each([
    [['passed', 'failed', 'error', 'terminated'], 'terminated'],
    [['passed', 'failed', 'error'], 'error'],
    [['passed', 'failed'], 'failed'],
    [['done', 'passed', 'skipped'], 'passed'],
    [['done', 'skipped'], 'done'],
    [[], 'done'],
  ] as const)('makes %j to %s', (outcomes, whole) => {
    expect(rollUp(outcomes)).toBe(whole);
  });
});

describe('cutText()', () => {
  it.each([
    ['ab', 'ab'],
    ['abc', 'abc'],
    ['abcd', 'abc'],
  ])('cuts "%s" to three characters', (text, cut) => {
    expect(cutText(text, 3)).toBe(cut);
  });

  it('leaves no half character behind', () => {
    expect(cutText('ab\u{1f600}', 3)).toBe('ab');
  });
});
