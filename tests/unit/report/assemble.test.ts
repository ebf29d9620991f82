import { describe, expect, it } from 'vitest';
import { makeUuidV5 } from '../../../src/core/ids.ts';
import { makeAssembler } from '../../../src/report/assemble.ts';
import { LIMITS, STAMP } from '../../support/guest-realm.ts';
import { assemble, feed, finish, START, start, step } from '../../support/report-records.ts';

const measurement = { name: null, kind: 'numeric', value: 1, outcome: 'passed' } as const;

describe('makeAssembler()', () => {
  it('builds the tree by parent ids and numbers the steps', () => {
    const assembler = makeAssembler(LIMITS);
    feed(assembler, [start(), step(1, 0, { kind: 'sequence' }), step(2, 1), step(3, 0), finish]);

    const [report] = assemble(assembler);

    const names = report?.root.steps.map(({ id, name, steps }) => [id, name, steps.map((child) => child.id)]);
    expect(names).toEqual([
      [1, 's1', [2]],
      [3, 's3', []],
    ]);
  });

  it('lets open outcomes follow from the parts', () => {
    const assembler = makeAssembler(LIMITS);
    feed(assembler, [
      start(),
      step(1, 0, { kind: 'sequence' }),
      step(2, 1, { outcome: 'passed' }),
      step(3, 1, { outcome: 'failed' }),
      finish,
    ]);

    const [report] = assemble(assembler);

    expect([report?.outcome, report?.root.outcome, report?.root.steps[0]?.outcome]).toEqual(Array(3).fill('failed'));
  });

  it('carries on texts, measurements, curves and lists', () => {
    const assembler = makeAssembler(LIMITS);
    const series = { x: { values: [1] }, y: [{ values: [2], x: [3] }] };
    feed(assembler, [
      start(),
      step(1, 0, { text: 'a', series, measurements: [measurement] }),
      { kind: 'more', step: 1, text: 'b', measurements: [measurement] },
      { kind: 'more', step: 1, values: { curve: 0, axis: 'x', numbers: [4, null] } },
      { kind: 'more', step: null, misc: [{ name: 'Firmware', text: '1.2' }], warnings: ['zone_assumed: UTC'] },
      finish,
    ]);

    const [report] = assemble(assembler);

    const one = report?.root.steps[0];
    expect([one?.text, one?.measurements.length, one?.series?.y[0]?.x]).toEqual(['ab', 2, [3, 4, null]]);
    expect([report?.misc, report?.source.warnings]).toEqual([
      [{ name: 'Firmware', text: '1.2', number: null }],
      ['zone_assumed: UTC'],
    ]);
  });

  it('derives the same id from the same submission, and keeps a UUID of the file', () => {
    const ids = [null, '{83AC0B8E-b575-4004-94de-f905774c3ed8}', 'no uuid'].map((fileId) => {
      const assembler = makeAssembler(LIMITS);
      feed(assembler, [start({ fileId }), finish]);
      return assemble(assembler)[0]?.id;
    });

    const derived = makeUuidV5(STAMP.submissionId, 'test/10/0');
    expect(ids).toEqual([derived, '83ac0b8e-b575-4004-94de-f905774c3ed8', derived]);
  });

  it('hashes attachments, keeps their bytes, and cleans their names', () => {
    const assembler = makeAssembler(LIMITS);
    feed(assembler, [start()]);
    assembler.attach(Buffer.from('he'));
    assembler.attach(Buffer.from('llo'));
    feed(assembler, [{ kind: 'attach', name: 'a\u0000\u202eb.txt' }, finish], 1);

    const outcome = assembler.finish(STAMP);

    const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    expect(outcome).toMatchObject({ reports: [{ attachments: [{ sha256, bytes: Buffer.from('hello') }] }] });
    expect(JSON.stringify(outcome)).toContain('a__b.txt');
  });

  it.each([
    ['a gap in the numbers', { r: 0, seq: 1, kind: 'start', report: START }, /record 0: has the number 1/],
    ['a record of no report', { r: 0, seq: 0, kind: 'finish' }, /never started/],
    ['a report out of order', { r: 1, seq: 0, kind: 'start', report: START }, /report 0 was expected/],
    [
      'an unknown field',
      { r: 0, seq: 0, kind: 'start', report: { ...START, colour: 1 } },
      /record 0\.report: .*colour/,
    ],
    ['an unknown kind', { r: 0, seq: 0, kind: 'end' }, /record 0\.kind/],
    ['a list', [], /record 0/],
  ])('refuses %s', (_what, record, reason) => {
    const verdict = makeAssembler(LIMITS).add(JSON.stringify(record));

    expect(verdict).toEqual({ kind: 'refuse', reason: expect.stringMatching(reason) as unknown });
  });

  it('refuses limits that their operator lacks, with the path of the step', () => {
    const measurements = [{ ...measurement, limits: { op: 'GE' as const } }];

    expect(feed(makeAssembler(LIMITS), [start(), step(1, 0, { measurements })])).toEqual({
      kind: 'refuse',
      reason: 'report 0, step 1 "s1".measurements[0].limits: GE needs "low"',
    });
  });

  it.each([
    ['no earlier step', step(1, 1), /has no step 1/],
    ['a number out of order', step(2, 0), /step 2 is out of order/],
  ])('refuses a step with %s', (_what, record, reason) => {
    expect(feed(makeAssembler(LIMITS), [start(), record])).toMatchObject({
      reason: expect.stringMatching(reason) as unknown,
    });
  });

  it('repeats its verdict and takes nothing more', () => {
    const assembler = makeAssembler(LIMITS);
    const first = assembler.add('not JSON');

    const later = [feed(assembler, [start()]), assembler.attach(Buffer.from('x')), assembler.finish(STAMP)];

    expect(later).toEqual([first, first, first]);
  });

  it('refuses a key __proto__ inside extensions', () => {
    const text = JSON.stringify({ r: 0, seq: 0, kind: 'start', report: { ...START, extensions: { a: 1 } } });

    const verdict = makeAssembler(LIMITS).add(text.replace('"a":1', '"a":{"__proto__":{"polluted":true}}'));

    expect([verdict.kind, 'polluted' in {}]).toEqual(['refuse', false]);
  });

  it('refuses a report that was not finished', () => {
    const assembler = makeAssembler(LIMITS);
    feed(assembler, [start()]);

    expect(assembler.finish(STAMP)).toEqual({ kind: 'refuse', reason: 'report 0: was started and not finished' });
  });

  it('refuses two reports with one id', () => {
    const assembler = makeAssembler(LIMITS);
    feed(assembler, [start({ key: 'k' }), finish]);
    assembler.add(JSON.stringify({ r: 1, seq: 2, kind: 'start', report: { ...START, key: 'k' } }));
    assembler.add(JSON.stringify({ r: 1, seq: 3, kind: 'finish' }));

    expect(assembler.finish(STAMP)).toMatchObject({ reason: expect.stringMatching(/same id/) as unknown });
  });

  it('gives no report for a conversion without records', () => {
    expect(makeAssembler(LIMITS).finish(STAMP)).toEqual({ kind: 'reports', reports: [] });
  });
});
