import { describe, expect, it } from 'vitest';
import { makeAssembler } from '../../../src/report/assemble.ts';
import { LIMITS, STAMP } from '../../support/guest-realm.ts';
import { type Draft, feed, finish, START, start, step } from '../../support/report-records.ts';

const small = (more: Partial<typeof LIMITS>) => makeAssembler({ ...LIMITS, ...more });
const measurement = { name: null, kind: 'numeric', value: 1, outcome: 'passed' } as const;
const OK = { kind: 'ok' };
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('limits of a conversion', () => {
  it.each([
    [1, OK],
    [2, OK],
    [3, { kind: 'stop', limit: 'steps', used: 4, allowed: 3 }],
  ])('takes a root and %d steps with three allowed in all', (count, verdict) => {
    const steps = times(count, (index) => step(index + 1, 0));

    expect(feed(small({ conversionSteps: 3 }), [start(), ...steps])).toEqual(verdict);
  });

  it.each([
    [1, OK],
    [2, OK],
    [3, { kind: 'stop', limit: 'reports', used: 3, allowed: 2 }],
  ])('starts %d reports with two allowed', (count, verdict) => {
    const assembler = small({ reports: 2 });

    const verdicts = times(count, (r) => assembler.add(JSON.stringify({ r, seq: r, kind: 'start', report: START })));

    expect(verdicts.at(-1)).toEqual(verdict);
  });

  it('has no reports after a stop', () => {
    const assembler = small({ conversionSteps: 1 });
    feed(assembler, [start(), step(1, 0)]);

    expect(assembler.finish(STAMP)).toEqual({ kind: 'refuse', reason: 'the limit of steps was reached' });
  });

  it.each([
    [65_535, 'ok'],
    [65_536, 'ok'],
    [65_537, 'refuse'],
  ])('takes a record of %d bytes: %s', (bytes, kind) => {
    const bare = JSON.stringify({ r: 0, seq: 0, kind: 'start', report: { ...START, comment: '' } });

    const verdict = feed(makeAssembler(LIMITS), [start({ comment: 'x'.repeat(bytes - bare.length) })]);

    expect(verdict.kind).toBe(kind);
  });
});

describe('limits of a report', () => {
  const numbers = (count: number) => ({ x: { values: [1] }, y: [{ values: times(count - 1, () => 1) }] });
  const cases: readonly [string, Partial<typeof LIMITS>, (count: number) => readonly Draft[]][] = [
    ['measurements', { measurements: 2 }, (count) => [step(1, 0, { measurements: times(count, () => measurement) })]],
    ['depth', { depth: 2 }, (count) => times(count - 1, (index) => step(index + 1, index))],
    ['steps', { steps: 2 }, (count) => times(count - 1, (index) => step(index + 1, 0))],
    ['seriesPoints', { seriesPoints: 2 }, (count) => [step(1, 0, { series: numbers(count) })]],
    ['attachments', { attachments: 2 }, (count) => times(count, () => ({ kind: 'attach', name: 'a', path: 'b' }))],
  ];

  it.each(cases)('%s: one under, at and over', (name, limits, make) => {
    const verdicts = [1, 2, 3].map((count) => feed(small(limits), [start(), ...make(count)]));

    expect(verdicts).toEqual([
      OK,
      OK,
      { kind: 'refuse', reason: expect.stringContaining(`3 is over limits.${name} of 2`) as unknown },
    ]);
  });

  it('counts measurements that follow later', () => {
    const records: readonly Draft[] = [
      start(),
      step(1, 0, { measurements: [measurement] }),
      { kind: 'more', step: 1, measurements: [measurement] },
    ];

    expect(feed(small({ measurements: 1 }), records)).toMatchObject({
      reason: 'report 0, step 1 "s1".measurements: 2 is over limits.measurements of 1',
    });
  });

  it.each([
    [11, 'ok'],
    [12, 'ok'],
    [13, 'refuse'],
  ])('takes extensions of %d bytes with twelve allowed: %s', (bytes, kind) => {
    const extensions = { a: 'x'.repeat(bytes - '{"a":""}'.length) };

    expect(feed(small({ extensions: 12 }), [start({ extensions })]).kind).toBe(kind);
  });

  it.each([
    [1, 'ok'],
    [2, 'ok'],
    [3, 'refuse'],
  ])('takes an attachment of %d bytes with two allowed: %s', (bytes, kind) => {
    const assembler = small({ attachment: 2 });
    feed(assembler, [start()]);

    expect(assembler.attach(Buffer.alloc(bytes)).kind).toBe(kind);
  });

  it('refuses bytes that no record names', () => {
    const assembler = makeAssembler(LIMITS);
    feed(assembler, [start()]);
    assembler.attach(Buffer.from('x'));

    expect(feed(assembler, [finish], 1)).toMatchObject({ reason: 'attached bytes were not named by the next record' });
  });

  it.each([
    [-1, 'reports'],
    [0, 'reports'],
    [1, 'refuse'],
  ])('takes a report whose size is %d over its limit: %s', (over, kind) => {
    const whole = makeAssembler(LIMITS);
    feed(whole, [start(), finish]);
    const outcome = whole.finish(STAMP);
    const size = outcome.kind === 'reports' ? Buffer.byteLength(outcome.reports[0]?.body ?? '') : 0;

    const assembler = small({ report: size - over });
    feed(assembler, [start(), finish]);

    expect(assembler.finish(STAMP).kind).toBe(kind);
  });
});
