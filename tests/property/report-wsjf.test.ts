// WSJF → canonical → WSJF keeps everything that the server stores.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStoredReport, toWsjf } from '../../src/report/wsjf.ts';
import { loadConverter, readSample, STAMP } from '../support/guest-realm.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Fields = { readonly [key: string]: Json };

const convert = loadConverter('wats-wsjf');

/** Written by the server alone, or derived by it. Source: wsjf.md 3. */
const EXPORT_ONLY = new Set([
  'startUTC',
  'origin',
  'productName',
  'processCodeFormat',
  'assetStats',
  'refStepName',
  'children',
  'causedUUTFailure',
  'dataType',
]);
/** What the server fills in where it is missing, and what the writer may therefore add. */
const DEFAULTS: Fields = { user: '', partType: 'Unknown', category: 'Unknown', code: 'Unknown', numeric: 0 };
const RENAMED: Readonly<Record<string, string>> = { idx: 'i', num: 'n' };

function isEmpty(value: Json): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

function normalizeField(key: string, value: Json, isLoop: boolean): readonly [string, Json][] {
  if (EXPORT_ONLY.has(key)) return [];
  const normal = normalize(value, key);
  if (isEmpty(normal) || DEFAULTS[key] === normal) return [];
  const name = isLoop ? (RENAMED[key] ?? key) : key;
  return [[name, key === 'compOp' && typeof normal === 'string' ? normal.toUpperCase() : normal]];
}

/** What the server would hold: without nulls, blanks, defaults and what only its exports have. */
function normalize(value: Json, key = ''): Json {
  if (Array.isArray(value)) return value.map((item: Json) => normalize(item));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).flatMap(([name, field]: [string, Json]) =>
    normalizeField(name, field, key === 'loop'),
  );
  if (key === 'seqCall') return Object.fromEntries(fields.filter(([, field]) => field !== '-'));
  return Object.fromEntries(fields.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** The writer numbers steps where no step has a number, and names what a sequence calls where the file does not: more, not less. */
function withoutFilled(value: Json, original: Json): Json {
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const originals = Array.isArray(original) ? (original as readonly Json[]) : [];
    return items.map((item, index) => withoutFilled(item, originals[index] ?? null));
  }
  if (typeof value !== 'object' || value === null) return value;
  const before = (typeof original === 'object' && original !== null ? original : {}) as Fields;
  const kept = Object.entries(value as Fields).flatMap(([key, field]): [string, Json][] => {
    const own = before[key] ?? null;
    if (key === 'id' && own === null) return [];
    if (key === 'seqCall') {
      const written = Object.entries(field as Fields).filter(([part]) => Object.hasOwn((own ?? {}) as Fields, part));
      return written.length === 0 ? [] : [[key, Object.fromEntries(written)]];
    }
    return [[key, withoutFilled(field, own)]];
  });
  return Object.fromEntries(kept);
}

async function roundTrip(text: string): Promise<Json> {
  const result = await convert(text, { name: 'in.json' });
  const outcome = result.assembler.finish(STAMP);
  if (result.end.kind !== 'done' || outcome.kind !== 'reports') {
    throw new Error(JSON.stringify({ end: result.end, verdict: result.verdict, outcome }));
  }
  const [report] = outcome.reports;
  if (report === undefined) throw new Error('there is no report');
  const attachments = new Map(report.attachments.map(({ sha256, bytes }) => [sha256, bytes]));
  const written = toWsjf(parseStoredReport(report.body), { receivedAt: '2026-11-21T08:00:00Z', attachments });
  if (written.kind !== 'ok') throw new Error(written.message);
  return JSON.parse(written.body) as Json;
}

/** At the top the server alone writes the name of the process; under `uur` the file does. */
function readOriginal(text: string): Json {
  const { processName: _exported, ...stored } = JSON.parse(text) as Fields;
  return normalize(stored);
}

async function expectKept(text: string): Promise<void> {
  const original = readOriginal(text);
  const back = normalize(await roundTrip(text));

  expect(withoutFilled(back, original)).toEqual(original);
}

describe('WSJF through the canonical report', () => {
  it.each(['wsjf-uut-bare-minimum', 'wsjf-uur-small', 'wsjf-new-report-example'])('keeps %s', async (name) => {
    await expectKept(readSample(`wats-wsjf/${name}.json`));
  });

  it('keeps generated test reports', async () => {
    await fc.assert(
      fc.asyncProperty(testReport, async (report) => expectKept(JSON.stringify(report))),
      { numRuns: 100 },
    );
  });

  it('keeps generated repair reports', async () => {
    await fc.assert(
      fc.asyncProperty(repairReport, async (report) => expectKept(JSON.stringify(report))),
      { numRuns: 100 },
    );
  });
});

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((text) => `w${text}w`);
const identity = fc.stringMatching(/^[A-Za-z0-9._-]{1,100}$/);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const time = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2099-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().replace('Z', '4707+01:00'));
const status = fc.constantFrom('P', 'F', 'D', 'E', 'T', 'S');
const base64 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const attachment = fc.record({ name: word, contentType: fc.constant('text/plain'), data: base64, description: word });

const numericLimits = fc.oneof(
  fc.record({ compOp: fc.constant('LOG') }),
  fc.record({ compOp: fc.constantFrom('EQ', 'NE', 'EQT', 'LT', 'LE', 'GT', 'GE'), lowLimit: number }),
  fc.record({
    compOp: fc.constantFrom('GTLT', 'GTLE', 'GELT', 'GELE', 'LTGT', 'LTGE', 'LEGT', 'LEGE'),
    lowLimit: number,
    highLimit: number,
  }),
);
const numericMeas = fc
  .tuple(
    fc.record({
      status,
      value: fc.oneof(number, fc.constantFrom('NaN', 'Infinity', '-Infinity')),
      unit: maybe(word),
      valueFormat: maybe(fc.constant('%.3f')),
    }),
    numericLimits,
  )
  .map(([measured, limits]) => ({ ...measured, ...limits }));
const booleanMeas = fc.record({ status, value: maybe(fc.boolean()) });
const stringMeas = fc.oneof(
  fc.record({ status, value: word, compOp: fc.constant('LOG') }),
  fc.record({ status, value: word, compOp: fc.constantFrom('EQ', 'NE', 'CASESENSIT', 'IGNORECASE'), limit: word }),
);

const chart = fc
  .array(
    fc.record({
      dataType: fc.constant('XYG'),
      name: word,
      xdata: fc.array(fc.integer(), { minLength: 1, maxLength: 4 }).map((values) => values.join(';')),
      ydata: fc.array(fc.integer(), { minLength: 1, maxLength: 4 }).map((values) => values.join(';')),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .chain((series) =>
    fc.record({
      chartType: fc.constantFrom('Line', 'LineLogXY', 'LineLogX', 'LineLogY'),
      label: word,
      xLabel: word,
      yLabel: word,
      xUnit: word,
      yUnit: word,
      series: fc.constant(series),
    }),
  );

const common = fc.record({
  id: maybe(fc.nat(1_000_000)),
  name: word,
  group: fc.constantFrom('S', 'M', 'C'),
  status,
  errorCode: maybe(fc.integer()),
  errorMessage: maybe(word),
  reportText: maybe(word),
  start: maybe(time),
  totTime: maybe(number),
  tsGuid: maybe(word),
  loop: maybe(fc.record({ i: maybe(fc.nat(9)), n: fc.nat(9), passed: fc.nat(9), failed: fc.nat(9) })),
  attachment: maybe(attachment),
  additionalResults: maybe(
    fc.array(fc.record({ name: word, type: fc.constant('Number'), value: word }), { maxLength: 2 }),
  ),
});

const named = <T extends object>(meas: fc.Arbitrary<T>) =>
  fc
    .array(meas, { minLength: 1, maxLength: 4 })
    .map((list) => list.map((one, index) => ({ ...one, name: `measurement ${index}` })));
const single = <T>(meas: fc.Arbitrary<T>) => meas.map((one) => [one]);
const typed = (types: readonly string[], more: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  fc.record({ stepType: fc.constantFrom(...types), ...more });

const leafBody = fc.oneof(
  typed(['NumericLimitTest', 'ET_NLT'], { numericMeas: single(numericMeas) }),
  typed(['MultiNumericLimitTest', 'ET_MNLT'], { numericMeas: named(numericMeas) }),
  typed(['PassFailTest', 'ET_PFT'], { booleanMeas: single(booleanMeas) }),
  typed(['MultiBooleanTest', 'ET_MPFT'], { booleanMeas: named(booleanMeas) }),
  typed(['StringValueTest', 'ET_SVT'], { stringMeas: single(stringMeas) }),
  typed(['MultiStringTest', 'ET_MSVT'], { stringMeas: named(stringMeas) }),
  typed(['Action', 'ET_A', 'Label', 'Goto', 'Statement', 'NI_Wait', 'NI_Flow_If', 'GenericTest'], {}),
  typed(['MessagePopup'], { messagePopup: fc.record({ response: word, button: fc.nat(3) }) }),
  typed(['CallExecutable'], { callExe: fc.record({ exitCode: fc.integer() }) }),
  typed(['Chart'], { chart }),
  typed(['WATS_XYGMNLT'], { chart, numericMeas: named(numericMeas) }),
  typed(['Vendor_Own'], { numericMeas: single(numericMeas), stringMeas: single(stringMeas) }),
);

const seqCall = fc.record({ path: word, name: word, version: identity.map((text) => text.slice(0, 30)) });
const { sequence } = fc.letrec<{ step: object; sequence: object }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(common, leafBody).map(([shared, body]) => ({ ...shared, ...body })),
    tie('sequence'),
  ),
  sequence: fc
    .tuple(
      common,
      typed(['SequenceCall', 'WATS_SeqCall', 'NI_Wait'], { seqCall, steps: fc.array(tie('step'), { maxLength: 3 }) }),
    )
    .map(([shared, body]) => ({ ...shared, ...body })),
}));

const head = {
  id: fc.uuid(),
  pn: identity,
  sn: identity,
  rev: identity,
  processCode: fc.nat(10_000),
  processName: maybe(word),
  result: fc.constantFrom('P', 'F', 'D', 'E', 'T'),
  machineName: word,
  location: word,
  purpose: word,
  start: time,
  miscInfos: fc.array(fc.record({ description: word, text: maybe(word), numeric: maybe(fc.integer()) }), {
    maxLength: 3,
  }),
  assets: fc.array(
    fc.record({ sn: identity, assetType: maybe(word), partNumber: maybe(identity), usageCount: maybe(fc.nat()) }),
    { maxLength: 3 },
  ),
  binaryData: fc.array(attachment, { maxLength: 2 }),
  additionalData: fc.array(fc.record({ name: word, type: fc.constant('Obj'), props: fc.constant([]) }), {
    maxLength: 2,
  }),
};
const run = { user: word, comment: maybe(word), execTime: maybe(number) };

const testReport = fc.record({
  type: fc.constant('T'),
  ...head,
  uut: fc.record({
    ...run,
    fixtureId: maybe(word),
    testSocketIndex: maybe(fc.integer({ min: -1, max: 16 })),
    errorCode: maybe(fc.integer()),
    errorMessage: maybe(word),
    batchSN: maybe(identity),
    batchFailCount: maybe(fc.nat(99)),
    batchLoopIndex: maybe(fc.nat(99)),
  }),
  subUnits: fc.array(
    fc.record({
      pn: identity,
      sn: identity,
      rev: maybe(identity),
      partType: word,
      idx: fc.nat(9),
      position: maybe(fc.nat(9)),
    }),
    { maxLength: 3 },
  ),
  root: sequence,
});

const failure = fc.record({
  category: word,
  code: word,
  comment: maybe(word),
  comRef: maybe(word),
  funcBlock: maybe(word),
  refStepId: maybe(fc.nat(99)),
  artNumber: maybe(word),
  artRev: maybe(word),
});

const repairReport = fc.record({
  type: fc.constant('R'),
  ...head,
  uur: fc.record({
    ...run,
    processCode: fc.nat(10_000),
    processName: maybe(word),
    refUUT: maybe(fc.uuid()),
    confirmDate: maybe(time),
    finalizeDate: maybe(time),
    active: maybe(fc.boolean()),
    parent: maybe(fc.uuid()),
  }),
  subUnits: fc.integer({ min: 1, max: 3 }).chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, idx) =>
        fc.record({
          pn: identity,
          sn: maybe(identity),
          partType: word,
          idx: fc.constant(idx),
          parentIdx: maybe(fc.nat(2)),
          failures: fc.array(failure, { maxLength: 2 }),
        }),
      ),
    ),
  ),
});
