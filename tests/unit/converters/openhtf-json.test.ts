import { describe, expect, it } from 'vitest';
import type { CanonicalReport } from '../../../src/report/schema.ts';
import { loadConverter, reportsOf } from '../../support/guest-realm.ts';
import { walkSteps } from '../../support/steps.ts';

const convert = loadConverter('openhtf-json');
type Measurement = Readonly<Record<string, unknown>>;

const recordOf = (measurements: readonly Measurement[]): string => {
  const byName = Object.fromEntries(measurements.map((one, index) => [`m${index}`, { name: `m${index}`, ...one }]));
  const phase = { name: 'p', outcome: 'PASS', result: { phase_result: 'CONTINUE' }, measurements: byName };
  return JSON.stringify({ dut_id: 'S', station_id: 't', outcome: 'PASS', metadata: {}, phases: [phase] });
};
const read = async (text: string): Promise<CanonicalReport> => {
  const [report] = reportsOf(await convert(text)) as readonly CanonicalReport[];
  if (report === undefined) throw new Error('Cannot test: there is no report');
  return report;
};
const attachedOf = ({ root }: CanonicalReport) => walkSteps(root).flatMap(({ attachments }) => attachments);

describe('openhtf-json', () => {
  it.each([
    [80, 80, 0],
    [81, 80, 1],
    [95, 80, 15],
  ])('attaches of %d long text values %d, and says of %d that there is no room', async (count, attached, full) => {
    const value = { outcome: 'PASS', measured_value: 'x'.repeat(1_001) };

    const report = await read(recordOf(Array.from({ length: count }, () => value)));

    expect(attachedOf(report).length).toBe(attached);
    expect(walkSteps(report.root).at(-1)?.measurements[0]?.value).toBe('x'.repeat(1_000));
    const said = report.source.warnings.filter((warning) => warning.endsWith('the report is full of attachments'));
    expect(said.length).toBe(full);
  });

  it('counts rows that are no curve with the attachments', async () => {
    const rows = { outcome: 'PASS', dimensions: ['x'], measured_value: [['a', 'b']] };

    const report = await read(recordOf(Array.from({ length: 101 }, () => rows)));

    expect(attachedOf(report).length).toBe(80);
  });

  it('leaves out a text that is longer than an attachment may be', async () => {
    const report = await read(recordOf([{ outcome: 'PASS', measured_value: 'x'.repeat(3 * 1024 ** 2 + 1) }]));

    expect(attachedOf(report)).toEqual([]);
    expect(report.source.warnings.join()).toContain('attachment "m0.txt": left out, 3145729 characters are too many');
  });

  it.each([50, 51, 490])(
    'keeps metadata of %d lists inside each other, beside the report if need be',
    async (depth) => {
      const value = `{"a":${'['.repeat(depth - 1)}1${']'.repeat(depth - 1)}}`;
      const report = await read(recordOf([]).replace('"metadata":{}', `"metadata":{"odd":${value}}`));

      expect([Object.keys(report.extensions), report.attachments.map(({ name }) => name)]).toEqual(
        depth > 50 ? [[], ['odd.json']] : [['openhtf'], []],
      );
    },
  );

  it.each([
    ['[', ']'],
    ['{"a":', '}'],
  ])('rejects a file with thousands of %s inside each other, and counts none in texts', async (open, close) => {
    const value = `${open.repeat(50_000)}1${close.repeat(50_000)}`;
    const deep = recordOf([{ measured_value: 7 }]).replace(':7}', `:${value}}`);

    const { end } = await convert(deep);

    expect(end).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('inside each other') });
    expect((await convert(recordOf([{ measured_value: value }]))).end.kind).toBe('done');
  });
});
