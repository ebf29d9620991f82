import { describe, expect, it } from 'vitest';
import type { CanonicalReport } from '../../../src/report/schema.ts';
import { loadConverter, type RealmOptions, reportsOf } from '../../support/guest-realm.ts';

const convert = loadConverter('wats-wsjf');
const WSJF = {
  type: 'T',
  pn: 'P',
  sn: 'S',
  rev: 'R',
  processCode: 10,
  result: 'P',
  machineName: 'M',
  location: 'L',
  purpose: 'X',
  start: '2026-01-01T00:00:00+01:00',
  root: { stepType: 'SequenceCall', name: 'Main', status: 'P', steps: [] as readonly object[] },
};
const text = (more: object = {}): string => JSON.stringify({ ...WSJF, ...more });
const read = async (input: string, options: RealmOptions = {}) =>
  reportsOf(await convert(input, options)) as readonly CanonicalReport[];
const withSteps = (...steps: readonly object[]): object => ({ root: { ...WSJF.root, steps } });

describe('wats-wsjf', () => {
  it.each([
    ['one document', text(), 1],
    ['a list', `[${text()},${text()}]`, 2],
    ['one document a line', `${text()}\r\n\n${text()}\n`, 2],
    ['a document over several lines', JSON.stringify(WSJF, null, 2), 1],
  ])('reads %s', async (_what, input, count) => {
    expect(await read(input)).toHaveLength(count);
  });

  it('reads words in any case and numbers that are texts', async () => {
    const step = {
      stepType: 'ET_NLT',
      name: 'n',
      status: 'Failed',
      numericMeas: [{ status: 'fail', compOp: 'gele', value: '5', lowLimit: '1', highLimit: '3' }],
    };

    const [report] = await read(text({ type: 'UUT', result: 'FAIL', processCode: '10', ...withSteps(step) }));

    expect([report?.outcome, report?.process.code, report?.root.steps[0]?.measurements]).toEqual([
      'failed',
      10,
      [
        {
          name: null,
          kind: 'numeric',
          value: 5,
          valueText: null,
          unit: null,
          limits: { op: 'GELE', low: 1, high: 3, target: null },
          outcome: 'failed',
        },
      ],
    ]);
  });

  it('keeps steps under any type, to any depth', async () => {
    let step: object = { stepType: 'ET_A', name: 'leaf', status: 'D' };
    for (let level = 0; level < 60; level += 1)
      step = { stepType: 'NI_Wait', name: `w${level}`, status: 'P', steps: [step] };

    const [report] = await read(text(withSteps(step)));

    expect(JSON.stringify(report)).toContain('"leaf"');
  });

  it('keeps digits that a number cannot hold', async () => {
    const input = text(
      withSteps({ stepType: 'ET_NLT', name: 'n', numericMeas: [{ status: 'P', compOp: 'LOG', value: 1 }] }),
    );

    const [report] = await read(input.replace('"value":1', '"value":9007199254740993'));

    expect(report?.root.steps[0]?.measurements[0]?.valueText).toBe('9007199254740993');
  });

  it('keeps what it does not know under extensions.wsjf', async () => {
    const [report] = await read(
      text({ vendorField: { a: 1 }, ...withSteps({ stepType: 'Label', name: 'l', odd: true }) }),
    );

    expect([report?.extensions, report?.root.steps[0]?.extensions]).toEqual([
      { wsjf: { vendorField: { a: 1 } } },
      { wsjf: { odd: true } },
    ]);
  });

  it('fills what the file lacks from its arguments, and assumes a zone with a warning', async () => {
    const given = { partNumber: 'P9', process: 99, timeZone: '+02:00' };

    const [report] = await read(text({ pn: '', processCode: null, start: '2026-01-01T00:00:00' }), {
      arguments: given,
    });

    expect([report?.unit.partNumber, report?.process.code, report?.startedAt, report?.source.warnings]).toEqual([
      'P9',
      99,
      '2026-01-01T00:00:00+02:00',
      ['zone_assumed: times without a zone are read as +02:00'],
    ]);
  });

  it('leaves out an attachment that is no base64, with a warning', async () => {
    const [report] = await read(
      text({
        binaryData: [
          { name: 'a', data: '***' },
          { name: 'b', data: 'aGk=' },
        ],
      }),
    );

    expect([report?.attachments.map(({ name }) => name), report?.source.warnings]).toEqual([
      ['b'],
      ['attachment "a": left out, its data is no base64'],
    ]);
  });

  it('sends back what a comparison without limits had', async () => {
    const step = {
      stepType: 'ET_NLT',
      name: 'n',
      numericMeas: [{ status: 'P', compOp: 'GE', value: 1, lowLimit: null }],
    };

    const [report] = await read(text(withSteps(step)));

    expect([report?.root.steps[0]?.measurements[0]?.limits, report?.root.steps[0]?.extensions]).toEqual([
      null,
      { wsjf: { measurements: { 0: { compOp: 'GE' } } } },
    ]);
  });

  it.each([
    ['not JSON', { kind: 'rejected', reason: 'the file is no JSON' }],
    [
      '{"a":1}',
      { kind: 'rejected', reason: 'this is no WSJF report: it has neither "root" nor "uut", "uur" or "machineName"' },
    ],
    [`${text()}\n{"a":1}`, { kind: 'rejected', line: 2 }],
    ['[]', { kind: 'skipped', reason: 'the list of reports is empty' }],
  ])('ends %j with %j', async (input, end) => {
    expect((await convert(input)).end).toMatchObject(end);
  });
});
