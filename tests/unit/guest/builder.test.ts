import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CanonicalReport } from '../../../src/report/schema.ts';
import { LIMITS, loadSource, type RealmResult, reportsOf } from '../../support/guest-realm.ts';

/** One converter that does what its input says: the input is the body of `convert`. */
const IMPORTS = `import { BadInput, RetryLater, SkipFile, csv, defineConverter, log } from 'airlock/converter';\n`;
const run = (body: string): Promise<RealmResult> =>
  loadSource(`${IMPORTS} export default defineConverter({ convert(input, reports, context) { ${body} } });`)(
    'a;b\n1;2\n',
  );
const runAsync = (body: string): Promise<RealmResult> =>
  loadSource(`${IMPORTS} export default defineConverter({ async convert(input, reports, context) { ${body} } });`)('');
const REPORT = `const report = reports.start({ partNumber: 'P', serialNumber: 'S', process: { code: 1 } });`;

async function reportOf(body: string): Promise<CanonicalReport> {
  const [report] = reportsOf(await run(`${REPORT} ${body} report.finish();`));
  return report as CanonicalReport;
}

async function messageOf(body: string): Promise<string> {
  const { end } = await run(`${REPORT} ${body}`);
  return end.kind === 'failed' ? end.message : JSON.stringify(end);
}

describe('report.step()', () => {
  let steps: CanonicalReport['root']['steps'];
  beforeAll(async () => {
    const report = await reportOf(`
      report.step({ name: 'both', value: 1, low: 0, high: 2, unit: 'V' });
      report.step({ name: 'text number', value: '1.5', low: 0 });
      report.step({ name: 'over', value: 3, high: 2 });
      report.step({ name: 'logged', value: 3 });
      report.step({ name: 'text', value: 'abc', target: 'abc' });
      report.step({ name: 'yes', value: true });
      report.step({ name: 'verdict', kind: 'boolean', outcome: 'failed' });
      report.step({ name: 'action' });
      report.step({ name: 'nan', value: NaN, low: 0 });
      report.step({ name: 'nan logged', value: NaN });
      report.step({ name: 'overload', value: Infinity, valueText: 'overload', low: 0, high: 2 });
      report.step({ name: 'minus', value: '-Infinity', high: 2 });
      report.step({ name: 'digits', kind: 'numeric', value: '9007199254740993' });
    `);
    ({ steps } = report.root);
  });

  it.each([
    ['both', ['numeric', 'passed', 1, 'GELE']],
    ['text number', ['numeric', 'passed', 1.5, 'GE']],
    ['over', ['numeric', 'failed', 3, 'LE']],
    ['logged', ['numeric', 'done', 3, undefined]],
    ['text', ['text', 'passed', 'abc', 'CASESENSIT']],
    ['yes', ['boolean', 'passed', true, undefined]],
    ['verdict', ['boolean', 'failed', null, undefined]],
    ['nan', ['numeric', 'failed', null, 'GE']],
    ['nan logged', ['numeric', 'done', null, undefined]],
    ['overload', ['numeric', 'failed', null, 'GELE']],
    ['minus', ['numeric', 'passed', null, 'LE']],
  ] as const)('completes "%s" to %j', (name, expected) => {
    const step = steps.find((one) => one.name === name);

    const [measurement] = step?.measurements ?? [];
    expect([step?.kind, step?.outcome, measurement?.value, measurement?.limits?.op]).toEqual(expected);
  });

  it('keeps what a number cannot hold as text', () => {
    const texts = ['nan', 'digits', 'both'].map(
      (name) => steps.find((step) => step.name === name)?.measurements[0]?.valueText,
    );

    expect(texts).toEqual(['NaN', '9007199254740993', null]);
  });

  it('is an action without a measurement when it measures nothing', () => {
    const step = steps.find(({ name }) => name === 'action');

    expect([step?.kind, step?.outcome, step?.measurements]).toEqual(['action', 'done', []]);
  });
});

describe('mistakes of an author', () => {
  it.each([
    [`report.step({ value: 1 })`, 'Cannot report a step, name: expected text, received undefined'],
    [`report.step({ name: 'x', valeu: 1 })`, 'Cannot report a step: it has no field "valeu"'],
    [
      `report.step({ name: 'x', value: '1,5', low: 0 })`,
      'Cannot report step "x", value: "1,5" is no number (parseNumber reads a decimal comma)',
    ],
    [`report.step({ name: 'x', value: 1, op: 'GE' })`, 'Cannot report step "x": GE needs "low"'],
    [
      `report.step({ name: 'x', durationS: Infinity })`,
      'Cannot report a step, durationS: expected a finite number, received Infinity',
    ],
    [
      `report.step({ name: 'x', value: {} })`,
      'Cannot report a step, value: expected a number, text, true or false, received object',
    ],
    [`report.misc({ name: '' })`, 'Cannot report a note, name: it is empty'],
    [`report.attach({ name: 'a' })`, 'Cannot report an attachment: give exactly one of text, bytes and path'],
    [`report.finish(); report.step({ name: 'x' })`, 'Cannot report anything more: this report is finished'],
    [`report.step({ name: 'x' })`, 'Cannot end the conversion: a report was started and not finished'],
    [`reports.start({ colour: 1 })`, 'Cannot report a report: it has no field "colour"'],
  ])('%s is told at once', async (body, message) => {
    expect(await messageOf(body)).toBe(message);
  });

  it('have the line of the author in their stack', async () => {
    const { end } = await run(`${REPORT}\n\nreport.step({ name: 1 });`);

    expect(end).toMatchObject({
      kind: 'failed',
      name: 'ReportError',
      stack: expect.stringMatching(/convert/) as unknown,
    });
  });

  it('reads a getter once and lets it throw into the author', async () => {
    expect(await messageOf(`report.step({ name: 'x', get value() { throw new Error('mine'); } })`)).toBe('mine');
  });
});

describe('long parts', () => {
  it('are split into records of at most 64 KiB and come back whole', async () => {
    const result = await run(`${REPORT}
      report.step({ name: 'long', text: 'ü'.repeat(200000),
        measurements: Array.from({ length: 1000 }, (_, i) => ({ name: 'm' + i, value: i, low: 0, high: 1e6 })),
        series: { x: { values: Array.from({ length: 9000 }, (_, i) => i / 3) }, y: [{ name: 'c', values: [1, null], x: [1, 2] }] } });
      report.finish();`);

    const [report] = reportsOf(result) as readonly [CanonicalReport];

    const [step] = report.root.steps;
    expect([step?.text?.length, step?.measurements.length, step?.series?.x.values.length]).toEqual([
      200_000, 1_000, 9_000,
    ]);
    expect(step?.series?.y).toEqual([{ name: 'c', unit: null, values: [1, null], x: [1, 2] }]);
    expect(Math.max(...result.records.map((record) => Buffer.byteLength(record)))).toBeLessThanOrEqual(65_536);
  });

  it('are an error where a single text cannot be split', async () => {
    expect(await messageOf(`report.step({ name: 'x', extensions: { a: 'x'.repeat(70000) } })`)).toMatch(
      /over 65536 bytes/,
    );
  });
});

describe('sequences, attachments and several reports', () => {
  it('keeps a file of a sequence that comes after its steps', async () => {
    const { root } = await reportOf(`
      const sequence = report.sequence({ name: 'outer' });
      sequence.step({ name: 'x' });
      sequence.attach({ name: 'a.txt', text: 'é' });
    `);

    expect(root.steps[0]).toMatchObject({ name: 'outer', attachments: [{ name: 'a.txt', bytes: 2 }] });
  });

  it.each([8_191, 8_192, 8_193, 65_535, 65_536, 65_537])('keeps every one of %i bytes', async (size) => {
    const report = await reportOf(`
      report.attach({ name: 'b', bytes: Uint8Array.from({ length: ${size} }, (_, index) => index % 251) });`);
    const expected = Uint8Array.from({ length: size }, (_, index) => index % 251);

    expect(report.attachments).toMatchObject([
      { bytes: size, sha256: createHash('sha256').update(expected).digest('hex') },
    ]);
  });

  it('keeps everything else of a step whose text needs several records', async () => {
    const { root } = await reportOf(`
      const error = { code: 'E', message: 'gone' };
      report.step({ name: 'x', outcome: 'error', durationS: 2, error, text: 't'.repeat(100_000) });
    `);

    expect(root.steps[0]).toMatchObject({ outcome: 'error', durationS: 2, error: { code: 'E', message: 'gone' } });
    expect(root.steps[0]?.text).toHaveLength(100_000);
  });

  it('take what only the end knows', async () => {
    const report = await reportOf(`
      const sequence = report.sequence({ name: 'outer' });
      sequence.sequence({ name: 'inner' }).step({ name: 'x', value: 1, low: 0 });
      sequence.finish({ durationS: 4 });
      report.attach({ name: 'log.txt', text: 'grün' });
      report.step({ name: 'photo', attachments: [{ name: 'p', bytes: new Uint8Array([1, 2]) }] });
      report.warn('look here');`);

    const [outer, photo] = report.root.steps;
    expect([outer?.durationS, outer?.outcome, outer?.steps[0]?.steps[0]?.name]).toEqual([4, 'passed', 'x']);
    expect([report.attachments[0]?.bytes, photo?.attachments[0]?.bytes]).toEqual([5, 2]);
    expect(report.source.warnings).toEqual(['look here']);
  });

  it('may be written at the same time', async () => {
    const result = await run(`
      const [a, b] = ['A', 'B'].map((serialNumber) => reports.start({ serialNumber }));
      b.step({ name: 'b' }); a.step({ name: 'a' }); b.finish(); a.finish();`);

    const names = (reportsOf(result) as readonly CanonicalReport[]).map(({ unit, root }) => [
      unit.serialNumber,
      root.steps[0]?.name,
    ]);
    expect(names).toEqual([
      ['A', 'a'],
      ['B', 'b'],
    ]);
  });
});

describe('how a conversion ends', () => {
  it.each([
    [`throw new BadInput('broken', { line: 3 })`, { kind: 'rejected', reason: 'broken', line: 3, column: null }],
    [`throw new SkipFile('nothing')`, { kind: 'skipped', reason: 'nothing' }],
    [`throw new RetryLater('busy', { afterMs: 5000 })`, { kind: 'suspended', reason: 'busy', afterMs: 5000 }],
    [`throw new RetryLater('busy')`, { kind: 'suspended', reason: 'busy', afterMs: null }],
    [
      `const e = new BadInput('broken'); e.message = {}; throw e`,
      { kind: 'rejected', reason: 'broken', line: null, column: null },
    ],
    [`throw null`, { kind: 'failed', name: 'Error', message: 'threw object null', stack: '' }],
    [`throw Symbol('x')`, { kind: 'failed', name: 'Error', message: 'threw a symbol', stack: '' }],
    [`throw { get message() { throw 1 }, name: 5 }`, { kind: 'failed', name: 'Error', message: '', stack: '' }],
    [`for (const row of csv(input, { delimiter: ';' })) log.info(row.b, { n: 1 })`, { kind: 'done' }],
  ])('%s', async (body, end) => {
    expect((await run(body)).end).toEqual(end);
  });

  it('cuts the texts of an error', async () => {
    const { end } = await run(`throw new Error('x'.repeat(100000))`);

    expect(end).toMatchObject({ message: 'x'.repeat(2_048) });
  });

  it('waits for a promise', async () => {
    const ends = [await runAsync(`await 1; throw new SkipFile('later')`), await runAsync(`await 1`)].map(
      ({ end }) => end,
    );

    expect(ends).toEqual([{ kind: 'skipped', reason: 'later' }, { kind: 'done' }]);
  });

  it('stays pending with a promise that never settles', async () => {
    expect((await runAsync(`await new Promise(() => {})`)).end).toEqual({ kind: 'pending' });
  });

  it('stops at a limit of the host, which catching does not change', async () => {
    const convert = loadSource(`${IMPORTS} export default defineConverter({ convert(input, reports) { ${REPORT}
      for (let i = 0; i < 5; i++) { try { report.step({ name: 'x' }); } catch {} } report.finish(); } });`);

    const result = await convert('', { limits: { ...LIMITS, conversionSteps: 2 } });

    expect([result.verdict, result.end.kind]).toEqual([
      { kind: 'stop', limit: 'steps', used: 3, allowed: 2 },
      'failed',
    ]);
  });

  it.each(['circle', '{ big: 1n }', '{ toJSON() { throw 1 } }'])('logs %s without a throw', async (fields) => {
    const { end, log } = await run(`const circle = {}; circle.own = circle; log.warn('seen', ${fields})`);

    expect([end, log]).toEqual([{ kind: 'done' }, ['2 seen (fields that cannot be written)']]);
  });

  it('says what is missing in the default export', async () => {
    const { end } = await loadSource(`export default { konvert() {} };`)('');

    expect(end).toMatchObject({ message: 'Cannot run the converter: its default export has no function "convert"' });
  });
});
