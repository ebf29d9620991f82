import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CanonicalReport } from '../../../src/report/schema.ts';
import { parseStoredReport, toWsjf } from '../../../src/report/wsjf.ts';
import { loadConverter, type RealmOptions, reportsOf, STAMP } from '../../support/guest-realm.ts';
import { walkSteps } from '../../support/steps.ts';

const convert = loadConverter('ni-teststand-xml');
const folder = path.resolve(import.meta.dirname, '../../../converters/ni-teststand-xml/fixtures');
const prop = (name: string, value: string): string =>
  `<Prop Name='${name}' Type='String' Flags='0x0'><Value>${value}</Value></Prop>`;
const object = (name: string, ...inside: string[]): string =>
  `<Prop Name='${name}' Type='Obj' Flags='0x0'>${inside.join('')}</Prop>`;
const result = (name: string, ...inside: string[]): string =>
  `<Prop Type='TEResult' Flags='0x0'>${inside.join('')}${object('TS', prop('StepName', name), prop('StepType', 'X'))}</Prop>`;
const withSteps = (...steps: string[]): string => {
  const list = steps.map((step, index) => `<Value ID='[${index}]'>${step}</Value>`).join('');
  const call = object('SequenceCall', `<Prop Name='ResultList' Type='Array' Flags='0x0'>${list}</Prop>`);
  const root = `<Prop Type='TEResult' Flags='0x0'>${object('TS', call)}${prop('Status', 'Passed')}</Prop>`;
  return `<Reports><Report Type='UUT'>${root}</Report></Reports>`;
};
const read = async (text: string, options: RealmOptions = {}): Promise<CanonicalReport> => {
  const [report] = reportsOf(await convert(text, options)) as readonly CanonicalReport[];
  if (report === undefined) throw new Error('Cannot test: there is no report');
  return report;
};
const measured = async (inside: string, options: RealmOptions = {}) => {
  const report = await read(withSteps(result('n', prop('Status', 'Passed'), inside)), options);
  return walkSteps(report.root)[1]?.measurements[0];
};
const limits = (comp: string, ...of: string[]): string =>
  prop('Numeric', '5') + prop('Comp', comp) + object('Limits', ...of);

describe('ni-teststand-xml', () => {
  it.each([
    ['GT', [prop('Low', '1')], { op: 'GT', low: 1 }],
    ['GE', [prop('Low', '1')], { op: 'GE', low: 1 }],
    ['LT', [prop('Low', '9')], { op: 'LT', high: 9 }],
    ['LE', [prop('Low', '9'), prop('High', '11')], { op: 'LE', high: 9 }],
    ['LT', [prop('High', '9')], { op: 'LT', high: 9 }],
    ['EQ', [prop('Low', '5')], { op: 'EQ', target: 5 }],
    ['NE', [prop('Low', '4')], { op: 'NE', target: 4 }],
    ['gele', [prop('Low', '1'), prop('High', '9')], { op: 'GELE', low: 1, high: 9 }],
    ['LTGT', [prop('Low', '6'), prop('High', '9')], { op: 'LTGT', low: 6, high: 9 }],
    ['GELE', [prop('Low', '-INF'), prop('High', 'INF')], { op: 'GELE', low: '-Infinity', high: 'Infinity' }],
    ['LOG', [prop('Low', '1')], { op: 'LOG' }],
    ['GELE', [prop('Low', '1')], null],
    ['ODD', [prop('Low', '1')], null],
  ])('reads limits of %s', async (comp, of, expected) => {
    const nothing = { low: null, high: null, target: null };

    expect((await measured(limits(comp, ...of)))?.limits).toEqual(
      expected === null ? null : { ...nothing, ...expected },
    );
  });

  it.each([
    ['Percentage', ['-100', '10', '20'], { low: -110, high: -80 }],
    ['PPM', ['1000000', '5', '5'], { low: 999_995, high: 1_000_005 }],
    ['Delta', ['5', '1', '2'], { low: 4, high: 7 }],
  ])('reads a nominal value with a tolerance in %s', async (type, [nominal = '', low = '', high = ''], expected) => {
    const raw = object('RawLimits', prop('Nominal', nominal), prop('Low', low), prop('High', high));

    expect((await measured(limits('EQT', prop('ThresholdType', type)) + raw))?.limits).toMatchObject({
      op: 'GELE',
      ...expected,
    });
  });

  it.each([
    [limits('GELE', prop('Low', '6')), { Comp: 'GELE', 'Limits.Low': '6' }],
    [limits('GELE', prop('Low', 'six'), prop('High', '7')), { 'Limits.Low': 'six', 'Limits.High': '7' }],
    [limits('ODD', prop('Low', '6')), { Comp: 'ODD', 'Limits.Low': '6' }],
    [
      object('Measurement', object('[0]', prop('Data', '5'), prop('Comp', 'GELE'), object('Limits', prop('Low', '6')))),
      { 'Measurement[0].Comp': 'GELE', 'Measurement[0].Limits.Low': '6' },
    ],
    [
      prop('String', 'a') + prop('Comp', 'Like') + object('Limits', prop('String', 'b*')),
      { Comp: 'Like', 'Limits.String': 'b*' },
    ],
  ])('keeps limits that it cannot use beside the step, and says so: %s', async (inside, kept) => {
    const report = await read(withSteps(result('n', prop('Status', 'Passed'), inside)));

    expect(walkSteps(report.root)[1]?.extensions).toMatchObject({ teststand: kept });
    expect(report.source.warnings).toContainEqual(
      expect.stringMatching(/^limits: some with the comparison ".*" cannot be used; they stand in extensions/),
    );
  });

  it('keeps nothing of limits that it can use', async () => {
    const inside = limits('GELE', prop('Low', '1'), prop('High', '9'));
    const report = await read(withSteps(result('n', prop('Status', 'Passed'), inside)));

    expect([walkSteps(report.root)[1]?.extensions, report.source.warnings.join()]).toEqual([
      {},
      expect.not.stringContaining('limits'),
    ]);
  });

  it('reads hexadecimal and binary numbers', async () => {
    const inside =
      prop('Numeric', '0x1F') + prop('Comp', 'GELE') + object('Limits', prop('Low', '0b0'), prop('High', '0x10'));

    expect(await measured(inside)).toMatchObject({ value: 31, valueText: '0x1F', limits: { low: 0, high: 16 } });
  });

  it.each(['constructor', '__proto__', 'toString'])('reads the text %s as what it is: no number', async (word) => {
    expect(await measured(prop('Numeric', word) + prop('Comp', word))).toMatchObject({ value: null, valueText: word });
  });

  it.each([
    [45_000, 0],
    [45_001, 1],
  ])('keeps a list of %d numbers as a chart, with %d attachments in its place', async (length, count) => {
    const cells = Array.from({ length }, (_, index) => `<Value ID='[${index}]'>1</Value>`).join('');
    const report = await read(withSteps(result('n', `<Prop Name='Wave' Type='Array'>${cells}</Prop>`)));
    const step = walkSteps(report.root)[1];

    expect([step?.attachments.length, step?.series === null]).toEqual([count, count === 1]);
    expect(report.source.warnings.some((warning) => warning.startsWith('series: '))).toBe(count === 1);
  });

  it.each([
    [100, 100, 0],
    [102, 100, 1],
  ])('keeps of %d attachments %d, with %d warnings', async (count, kept, warned) => {
    const steps = Array.from({ length: count }, (_, index) => result(`s${index}`, prop('XMLString', 'text')));
    const report = await read(withSteps(...steps));
    const attached = walkSteps(report.root).flatMap(({ attachments }) => attachments);
    const warnings = report.source.warnings.filter((warning) => warning.startsWith('attachments: '));

    expect([attached.length, warnings.length]).toEqual([kept, warned]);
  });

  it.each([
    ['3,5', ',', { value: 3.5, valueText: null }],
    ['3,5', '.', { value: null, valueText: '3,5' }],
    ['IND', '.', { value: null, valueText: 'NaN' }],
    ['-INF', '.', { value: null, valueText: '-Infinity' }],
    ['9007199254740993', '.', { value: 9_007_199_254_740_992, valueText: '9007199254740993' }],
    ['', '.', { value: null, valueText: null }],
  ])('reads the number %j with the decimal %j', async (value, decimal, expected) => {
    expect(await measured(prop('Numeric', value), { arguments: { decimal } })).toMatchObject(expected);
  });

  it('keeps a report whose name, message and lists are longer than a report holds', async () => {
    const inside =
      object('Error', prop('Code', '1'), prop('Msg', 'm'.repeat(20_000))) + prop('ReportText', 't'.repeat(200_000));
    const report = await read(withSteps(result('n'.repeat(9_000), inside, prop('Extra', 'e'.repeat(13_000)))));
    const step = walkSteps(report.root)[1];

    expect([step?.name.length, step?.error?.message?.length, step?.text?.length]).toEqual([8_192, 10_000, 200_000]);
    expect(report.source.warnings).toContain('extensions: properties of over 12000 characters of a step are left out');
  });

  it('reads sequences inside each other as deep as XML may be', async () => {
    let step = result('leaf');
    for (let level = 0; level < 45; level += 1) {
      const list = `<Prop Name='ResultList' Type='Array'><Value ID='[0]'>${step}</Value></Prop>`;
      step = `<Prop Type='TEResult'>${object('TS', object('SequenceCall', list), prop('StepName', `s${level}`))}</Prop>`;
    }

    expect(walkSteps((await read(withSteps(step))).root).at(-1)?.name).toBe('leaf');
  });

  it.each([
    [`<Reports><Report Type='Batch'/></Reports>`, { kind: 'skipped', reason: 'the file has only a report on a batch' }],
    ['<Reports/>', { kind: 'skipped', reason: 'the file has no report' }],
    [
      `<Reports>\n<Report Type='UUT'/></Reports>`,
      { kind: 'rejected', line: 2, reason: 'a report has no result of its main sequence' },
    ],
    ['<testsuites/>', { kind: 'rejected', line: 1, reason: 'this is no TestStand report: its root is <testsuites>' }],
    [`<!DOCTYPE Reports [<!ENTITY a "b">]><Reports/>`, { kind: 'rejected', line: 1 }],
  ])('ends %s with %j', async (text, end) => {
    expect((await convert(text)).end).toMatchObject(end);
  });

  it('rejects every file that is cut off', async () => {
    const files = globSync('*.in.xml', { cwd: folder }).map((file) =>
      readFileSync(path.join(folder, file), 'latin1').trim(),
    );
    const ends: string[] = [];

    for (const text of files) {
      for (let length = 0; length < text.length; length += Math.ceil(text.length / 40)) {
        const { end } = await convert(text.slice(0, length), { pieceLength: 1_000 });
        ends.push(end.kind === 'rejected' && end.line !== null ? 'rejected' : JSON.stringify(end));
      }
    }

    expect(new Set(ends)).toEqual(new Set(['rejected']));
  });

  it('gives reports that the server takes', async () => {
    const text = readFileSync(path.join(folder, 'two-units.in.xml'), 'latin1');
    const given = { partNumber: 'P', revision: 'A', process: 10 };
    const { assembler } = await convert(text, { arguments: given });
    const outcome = assembler.finish(STAMP);
    const [report] = outcome.kind === 'reports' ? outcome.reports : [];
    const bytes = new Map((report?.attachments ?? []).map((attachment) => [attachment.sha256, attachment.bytes]));

    const written = toWsjf(parseStoredReport(report?.body ?? ''), {
      receivedAt: '2026-01-01T00:00:00Z',
      attachments: bytes,
    });

    expect(written).toMatchObject({ kind: 'ok' });
    expect(JSON.parse(written.kind === 'ok' ? written.body : '{}')).toMatchObject({
      root: {
        seqCall: { name: 'MainSequence', version: '1.2.0.0' },
        steps: expect.arrayContaining([
          expect.objectContaining({
            name: 'Below',
            numericMeas: [expect.objectContaining({ compOp: 'LT', lowLimit: 10 })],
          }),
          expect.objectContaining({ name: 'Ask', messagePopup: { response: 'yes', button: 1 } }),
          expect.objectContaining({ name: 'Tool', callExe: { exitCode: 0 } }),
        ]),
      },
    });
  });
});
