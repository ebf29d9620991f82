import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConversionRig, startConversionRig } from '../support/conversions.ts';
import type { ConverterFiles } from '../support/converter-folder.ts';
import { canonicalReport } from '../support/e2e.ts';

const WALLS = existsSync('/usr/bin/bwrap') ? 'with the default walls' : 'without walls, for bubblewrap is absent';
const requireWalls = existsSync('/usr/bin/bwrap') ? {} : { requireWalls: [] };

const IMPORT = "import { BadInput, csv, defineConverter, log, RetryLater, SkipFile } from 'airlock/converter';\n";
const convert = (body: string): string =>
  `${IMPORT}export default defineConverter({ convert(input, reports, ctx) {\n${body}\n} });\n`;

function converter(name: string, source: string, over: ConverterFiles = {}): Readonly<Record<string, ConverterFiles>> {
  const manifest = { match: { extensions: [`.${name}`] }, ...over.manifest };
  return { [name]: { manifest, files: { 'converter.ts': source, ...over.files } } };
}

const REPORT = `const report = reports.start({ partNumber: 'P-1', serialNumber: 'SN1', process: { code: 10 } });`;

const CONVERTERS = {
  ...converter(
    'good',
    convert(`${REPORT} report.step({ name: 'VCC', value: 3.3, low: 3, high: 4, unit: 'V' }); report.finish();`),
  ),
  ...converter(
    'typed',
    `import { helper } from './lib/helper.ts';\n${convert(`${REPORT} log.info(helper(input.name)); report.finish();`)}`,
    { files: { 'lib/helper.ts': 'export const helper = (name: string): string => `read ${name}`;\n' } },
  ),
  ...converter('skip', convert(`throw new SkipFile('nothing to see');`)),
  ...converter('bad', convert(`throw new BadInput('no header', { line: 3, column: 7 });`)),
  ...converter('later', convert(`throw new RetryLater('the limits file is missing');`)),
  ...converter('throw', convert(`\n  null.x;`)),
  ...converter('half', convert(`${REPORT} throw new Error('half way');`)),
  ...converter('loop', convert(`while (true) {}`)),
  ...converter('builtin', convert(`[].indexOf.call({ length: 2 ** 53 - 1 }, 1);`)),
  ...converter('arrays', convert(`const all = []; for (;;) all.push(new Array(2 ** 20).fill(1.5));`)),
  ...converter('never', convert(`return new Promise(() => {});`)),
  ...converter('toplevel', `for (;;) {}\nexport default 1;`),
  ...converter('nothing', `export default 1;`),
  ...converter('flood', convert(`${REPORT} for (;;) report.step({ name: 'x', value: 1 });`)),
  ...converter('proto', convert(`try { Object.prototype.operator = 'evil'; } catch {} ${REPORT} report.finish();`)),
  ...converter('node', `import 'node:fs';\n${convert('')}`),
  // Written so that the gate does not see it.
  ...converter('eval', convert(`return globalThis['ev' + 'al']('1');`)),
  ...converter('args', convert(`${REPORT} log.info(JSON.stringify(ctx.arguments)); report.finish();`), {
    manifest: {
      arguments: { operator: { type: 'string', default: 'nobody' }, wait: { type: 'duration', default: '30 s' } },
    },
  }),
};
const LIMITS = { wall: '4 s', wallPerMiB: '1 ms', cpu: '1 s', load: '500 ms', steps: 1_000 };

describe(`conversions over gate, pool and store, ${WALLS}`, () => {
  let rig: ConversionRig;
  beforeAll(async () => {
    rig = await startConversionRig({
      converters: CONVERTERS,
      config: {
        sandbox: { ...requireWalls, runners: 2, limits: LIMITS },
        // Memory is what ends it, however slow the machine is.
        converters: { settings: { arrays: { limits: { cpu: '30 s', wall: '40 s' } } } },
      },
    });
  });
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]();
  });

  it('make a report with its converter, station and source', async () => {
    const row = await rig.convert('a.good', 'x');

    expect(row).toMatchObject({ state: 'converted', converter: { name: 'good', version: '1.0.0' }, failure: null });
    expect(row.reports).toMatchObject([{ kind: 'test', outcome: 'passed', partNumber: 'P-1', serialNumber: 'SN1' }]);
    const [{ reportId } = expect.unreachable()] = row.reports;
    const report = await rig.store.getReport(reportId, { kid: null });
    expect(JSON.parse(report?.body ?? '')).toMatchObject({
      station: { name: 'bench-7' },
      source: { file: 'a.good', format: 'good', converter: { name: 'good' }, submittedBy: 'submit', host: 'bench-7' },
    });
  });

  it('run several modules of a converter, types blanked, and keep its log', async () => {
    const row = await rig.convert('a.typed', 'x');

    expect(row).toMatchObject({ state: 'converted', log: [{ level: 'info', text: 'read a.typed' }] });
  });

  it('hand arguments on: default, given, duration in milliseconds', async () => {
    const row = await rig.convert('a.args', 'x', { arguments: { operator: 'eva' } });

    expect(row.log).toMatchObject([{ text: '{"operator":"eva","wait":30000}' }]);
    expect(await rig.convert('a.args', 'x', { arguments: { oprator: 'eva' } })).toMatchObject({
      state: 'rejected',
      failure: { code: 'request_failed', message: expect.stringContaining('"oprator"') },
    });
  });

  it.each([
    ['skip', { state: 'skipped', reason: 'nothing to see' }],
    ['bad', { state: 'rejected', failure: { code: 'request_failed', line: 3, column: 7 } }],
    ['later', { state: 'suspended', reason: 'the limits file is missing' }],
    ['throw', { state: 'failed', failure: { code: 'converter_failed', file: 'converter.ts', line: 4 } }],
    ['half', { state: 'failed', failure: { code: 'converter_failed', file: 'converter.ts', line: 3 } }],
    ['loop', { state: 'stopped', failure: { code: 'converter_timeout', limit: 'cpu' } }],
    ['builtin', { state: 'stopped', failure: { code: 'converter_timeout' } }],
    ['arrays', { state: 'stopped', failure: { code: 'converter_memory' } }],
    ['never', { state: 'failed', failure: { code: 'converter_failed', message: expect.stringContaining('promise') } }],
    ['toplevel', { state: 'stopped', failure: { code: 'converter_timeout', limit: 'load' } }],
    ['nothing', { state: 'failed', failure: { code: 'converter_failed' } }],
    ['flood', { state: 'stopped', failure: { code: 'converter_memory', limit: 'steps', allowed: 1_000 } }],
    ['eval', { state: 'failed', failure: { code: 'converter_failed' } }],
  ])('end what the converter %s does in its own state, and convert the next file', async (name, end) => {
    const [hostile, good] = await Promise.all([
      rig.convert(`a.${name}`, 'x', { converter: name }),
      rig.convert('b.good', 'x'),
    ]);

    expect(hostile).toMatchObject({ ...end, reports: [] });
    expect(good.state).toBe('converted');
  });

  it('do not begin where the only converter that matches cannot even be asked', async () => {
    expect(await rig.convert('a.toplevel', 'x')).toMatchObject({
      state: 'rejected',
      failure: {
        code: 'converter_refused',
        message: expect.stringMatching(/"toplevel" 0 \(its probe gave no answer: /),
      },
    });
  });

  it('are not touched by what another converter did to its prototypes', async () => {
    const [first, second] = [await rig.convert('a.proto', 'x'), await rig.convert('a.args', 'x')];

    expect([first.state, second.state]).toEqual(['converted', 'converted']);
    expect(second.log).toMatchObject([{ text: '{"operator":"nobody","wait":30000}' }]);
  });

  it('refuse a converter that imports a module of Node, with the alternative, and keep the others', async () => {
    expect(rig.registry.find('node')).toMatchObject({
      state: 'refused',
      findings: [{ code: 'no-node-builtin', line: 1, column: 8, suggestion: expect.stringContaining('input.text()') }],
    });
    expect(await rig.convert('a.node', 'x')).toMatchObject({
      state: 'rejected',
      failure: { code: 'converter_refused' },
    });
    expect(await rig.convert('a.x', 'x', { converter: 'node' })).toMatchObject({
      state: 'rejected',
      failure: { code: 'converter_refused', message: expect.stringContaining('"node:fs" is a module of Node') },
    });
  });

  it('reject an empty file and an unknown format, and say how to name a converter', async () => {
    expect(await rig.convert('a.good', '')).toMatchObject({
      state: 'rejected',
      failure: { message: expect.stringContaining('empty') },
    });
    expect(await rig.convert('a.unknown', 'x')).toMatchObject({
      state: 'rejected',
      failure: { code: 'converter_refused', message: expect.stringMatching(/tried .*--converter NAME/) },
    });
  });

  it('take a canonical file without a converter, and reject a broken one', async () => {
    const text = canonicalReport();

    expect(await rig.convert('a.json', text)).toMatchObject({
      failure: null,
      state: 'converted',
      converter: null,
      reports: [{ partNumber: 'PN-1', serialNumber: 'SN-1', outcome: 'passed' }],
    });
    expect(await rig.convert('a.json', text.slice(0, -1))).toMatchObject({
      state: 'rejected',
      failure: { code: 'request_failed', message: expect.stringMatching(/^Cannot convert a\.json: /) },
    });
  });

  it('give each submission reports of its own', async () => {
    const [one, two] = [await rig.convert('a.good', 'x'), await rig.convert('a.good', 'x')];

    expect(one.reports[0]?.reportId).not.toBe(two.reports[0]?.reportId);
  });
});

describe('conversions that may not run yet', () => {
  it('wait for the approval of a converter from a manual folder', async () => {
    await using rig = await startConversionRig({ converters: converter('good', convert('')), approve: 'manual' });

    expect(await rig.convert('a.good', 'x')).toMatchObject({ state: 'waiting', reason: 'converter_pending' });
  });

  it('wait for a wall that is required and missing', async () => {
    await using rig = await startConversionRig({
      converters: converter('good', convert('')),
      config: { sandbox: { requireWalls: ['watchdog'] } },
    });

    expect(await rig.convert('a.good', 'x')).toMatchObject({ state: 'waiting', reason: 'sandbox_wall_missing' });
  });

  it('are given back when a drain runs out of time', async () => {
    await using rig = await startConversionRig({
      converters: converter('loop', convert('while (true) {}')),
      config: { sandbox: { ...requireWalls } },
    });
    const begun = Promise.withResolvers<void>();
    using _subscription = rig.store.changes.subscribe((change) => {
      if (change.kind === 'submission' && change.state === 'converting') begun.resolve();
    });
    const submissionId = await rig.submit('a.loop', 'x');
    await begun.promise;

    await rig.conversions.drain({ signal: AbortSignal.timeout(50) });

    expect(await rig.store.getSubmission(submissionId, { kid: null })).toMatchObject({
      state: 'received',
      attempts: 0,
    });
  });
});
