import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCanonicalFile } from '../../../src/report/canonical-file.ts';
import { parseStoredReport, toWsjf, type WsjfOptions } from '../../../src/report/wsjf.ts';
import { LIMITS, STAMP } from '../../support/guest-realm.ts';
import { document } from '../../support/report-records.ts';

type Fields = Readonly<Record<string, unknown>>;
type Written = Fields & { readonly root: Fields & { readonly steps: readonly Fields[] } };

const RECEIVED = '2026-11-21T08:00:00.000Z';
const full = { unit: { partNumber: 'P', serialNumber: 'S', revision: 'R' }, station: { location: 'L', purpose: 'T' } };

function outcomeOf(more: Fields, options: Partial<WsjfOptions> = {}) {
  const text = JSON.stringify(document({ ...full, ...more }));
  const parsed = parseCanonicalFile(text, { limits: LIMITS, stamp: STAMP });
  if (parsed.kind !== 'reports') throw new Error(JSON.stringify(parsed));
  return toWsjf(parseStoredReport(parsed.reports[0]?.body ?? ''), { receivedAt: RECEIVED, ...options });
}

function write(more: Fields, options: Partial<WsjfOptions> = {}): { written: Written; warnings: readonly string[] } {
  const outcome = outcomeOf(more, options);
  if (outcome.kind !== 'ok') throw new Error(outcome.message);
  return { written: JSON.parse(outcome.body) as Written, warnings: outcome.warnings };
}

const withSteps = (...steps: readonly Fields[]): Fields => ({
  root: { name: 'root', kind: 'sequence', outcome: 'passed', steps },
});
const step = (more: Fields): Fields => ({ name: 'one', kind: 'other', outcome: 'passed', ...more });
const numeric = (more: Fields = {}): Fields => ({ kind: 'numeric', value: 1, outcome: 'passed', ...more });

describe('toWsjf()', () => {
  it('writes the whole of a small report', () => {
    const { written, warnings } = write({});

    expect(written).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      type: 'T',
      pn: 'P',
      sn: 'S',
      rev: 'R',
      processCode: 10,
      result: 'P',
      machineName: 'TEST-STATION',
      location: 'L',
      purpose: 'T',
      start: '2026-11-21T08:15:03.120+01:00',
      uut: { user: '' },
      subUnits: [],
      root: {
        id: 0,
        group: 'M',
        stepType: 'SequenceCall',
        name: 'root',
        status: 'P',
        seqCall: { path: '-', name: 'root', version: '-' },
        steps: [],
      },
    });
    expect(warnings).toEqual([]);
  });

  it.each([
    ['part number', { unit: { partNumber: null, serialNumber: 'S', revision: 'R' } }, 'unit.partNumber missing'],
    ['serial number', { unit: { partNumber: 'P', serialNumber: ' ', revision: 'R' } }, 'unit.serialNumber missing'],
    ['process code', { process: { code: null } }, 'process.code missing'],
    ['code of what failed', { kind: 'repair', repair: {} }, 'repair.testProcess.code missing'],
  ])('needs a %s', (_what, more, message) => {
    expect(outcomeOf(more)).toEqual({
      kind: 'invalid',
      reason: 'identity_missing',
      message: `Cannot write WSJF: ${message}`,
    });
  });

  it.each([
    [100, 0],
    [101, 1],
  ])('sends a step type of %d characters of the file, with %d warnings', (length, count) => {
    const nativeType = 'X'.repeat(length);

    for (const more of [{ nativeType }, { nativeType: 'x', extensions: { wsjf: { stepType: nativeType } } }]) {
      const { written, warnings } = write(withSteps(step(more)));

      expect(written.root.steps[0]?.['stepType']).toBe('X'.repeat(100));
      expect(warnings.filter((warning) => warning.endsWith('cut from 101 to 100 characters'))).toHaveLength(count);
    }
  });

  it('leaves out what only exports of the server have', () => {
    const { written, warnings } = write({ process: { code: 10, name: 'x'.repeat(101) } });

    expect([written['processCode'], 'processName' in written, warnings]).toEqual([10, false, []]);
  });

  it('refuses characters that the server has a meaning for', () => {
    const unit = { partNumber: 'P/1', serialNumber: 'S', revision: 'R' };

    expect(outcomeOf({ unit })).toMatchObject({
      reason: 'wsjf_invalid',
      message: expect.stringMatching(/wsjf\.pn/) as unknown,
    });
  });

  it('sends missing revision, location and purpose as a dash, with warnings', () => {
    const { written, warnings } = write({ unit: { partNumber: 'P', serialNumber: 'S', revision: null }, station: {} });

    expect([written['rev'], written['location'], written['purpose'], warnings]).toEqual([
      '-',
      '-',
      '-',
      ['unit.revision', 'station.location', 'station.purpose'].map((path) => `${path}: missing, sent as "-"`),
    ]);
  });

  it('takes the time of receipt for a missing start, and says so', () => {
    const { written } = write({ startedAt: null });

    expect([written['start'], written['miscInfos']]).toEqual([
      RECEIVED,
      [{ description: 'Start time', text: 'Not in the file: time of receipt' }],
    ]);
  });

  it.each([
    [{ kind: 'sequence' }, 'SequenceCall'],
    [{ kind: 'action' }, 'Action'],
    [{ kind: 'action', nativeType: 'ET_A' }, 'ET_A'],
    [{ kind: 'action', nativeType: 'Vendor' }, 'Action'],
    [{ kind: 'message' }, 'MessagePopup'],
    [{ kind: 'external' }, 'CallExecutable'],
    [{ kind: 'other' }, 'GenericTest'],
    [{ kind: 'other', nativeType: 'NI_Flow_If' }, 'NI_Flow_If'],
    [{ kind: 'numeric', measurements: [numeric()] }, 'ET_NLT'],
    [{ kind: 'numeric', measurements: [numeric({ name: 'a' }), numeric({ name: 'b' })] }, 'ET_MNLT'],
    [{ kind: 'text', measurements: [{ kind: 'text', value: 'a', outcome: 'passed' }] }, 'ET_SVT'],
    [{ kind: 'boolean', measurements: [{ kind: 'boolean', outcome: 'passed' }] }, 'ET_PFT'],
    [{ series: { x: { values: [1] }, y: [{ values: [2] }] } }, 'Chart'],
    [{ series: { x: { values: [1] }, y: [{ values: [2] }] }, measurements: [numeric()] }, 'WATS_XYGMNLT'],
  ])('writes %j as %s', (more, stepType) => {
    const { written } = write(withSteps(step(more)));

    expect(written.root.steps[0]?.['stepType']).toBe(stepType);
  });

  it.each([
    [
      { op: 'LT', high: 5 },
      { compOp: 'LT', lowLimit: 5 },
    ],
    [
      { op: 'GE', low: 5 },
      { compOp: 'GE', lowLimit: 5 },
    ],
    [
      { op: 'EQ', target: 5 },
      { compOp: 'EQ', lowLimit: 5 },
    ],
    [
      { op: 'GELE', low: 0, high: 5 },
      { compOp: 'GELE', lowLimit: 0, highLimit: 5 },
    ],
    [null, { compOp: 'LOG' }],
  ])('puts the limits %j where the server wants them', (limits, written) => {
    const outcome = write(withSteps(step({ measurements: [numeric({ limits })] })));

    expect(outcome.written.root.steps[0]?.['numericMeas']).toEqual([{ status: 'P', value: 1, ...written }]);
  });

  it('writes values that are no numbers as words', () => {
    const measurements = [numeric({ value: null, valueText: 'Infinity' })];

    const { written } = write(withSteps(step({ measurements })));

    expect(written.root.steps[0]?.['numericMeas']).toEqual([{ status: 'P', value: 'Infinity', compOp: 'LOG' }]);
  });

  it.each([
    [99, 99, undefined],
    [100, 100, undefined],
    [101, 100, 'x'.repeat(101)],
  ])('cuts a name of %d characters to %d and keeps the whole', (length, cut, reportText) => {
    const { written } = write(withSteps(step({ name: 'x'.repeat(length) })));

    const [only] = written.root.steps;
    expect([String(only?.['name']).length, only?.['reportText']]).toEqual([cut, reportText]);
  });

  it('tells names apart that the server would take for one', () => {
    const { written, warnings } = write(
      withSteps(step({ measurements: [numeric({ name: 'a' }), numeric({ name: 'a' })] })),
    );

    expect(JSON.stringify(written.root.steps[0])).toContain('"a #2"');
    expect(warnings).toEqual(['root.steps[0].measurements[1].name: sent as "a #2", the name is taken']);
  });

  it('makes a sequence of a step that measures and has children', () => {
    const { written } = write(
      withSteps(step({ kind: 'numeric', measurements: [numeric()], steps: [step({ name: 'try 1' })] })),
    );

    const [only] = written.root.steps;
    const children = only?.['steps'] as readonly Fields[];
    expect([only?.['stepType'], children.map(({ name, stepType }) => [name, stepType])]).toEqual([
      'SequenceCall',
      [
        ['one', 'ET_NLT'],
        ['try 1', 'GenericTest'],
      ],
    ]);
  });

  it('inlines attachments whose bytes are here, and warns of the others', () => {
    const bytes = Buffer.from('hello');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const attachments = [
      { name: 'here.txt', mediaType: 'text/plain', bytes: 5, sha256 },
      { name: 'gone.txt', path: 'gone.txt' },
    ];

    const { written, warnings } = write({ attachments }, { attachments: new Map([[sha256, bytes]]) });

    expect(written['binaryData']).toEqual([{ name: 'here.txt', contentType: 'text/plain', data: 'aGVsbG8=' }]);
    expect(warnings).toEqual(['attachments: attachment "gone.txt" is not sent, its bytes are not here']);
  });

  it('gives a repair its main unit and puts failures where they belong', () => {
    const repair = {
      testProcess: { code: 90 },
      failures: [
        { category: 'Component', subUnit: 0 },
        { code: 'C7', subUnit: 9 },
      ],
    };

    const { written, warnings } = write({ kind: 'repair', repair });

    expect([written['type'], written.root, written['uur']]).toEqual(['R', undefined, { user: '', processCode: 90 }]);
    expect(written['subUnits']).toEqual([
      {
        pn: 'P',
        sn: 'S',
        rev: 'R',
        partType: 'Main',
        idx: 0,
        failures: [
          { category: 'Component', code: 'Unknown' },
          { category: 'Unknown', code: 'C7' },
        ],
      },
    ]);
    expect(warnings).toEqual(['repair.failures[1].subUnit: there is no sub-unit 9, sent with sub-unit 0']);
  });

  it('names the step that the server would not take', () => {
    const extensions = { wsjf: { tsGuid: 5 } };

    expect(outcomeOf(withSteps(step({ extensions })))).toEqual({
      kind: 'invalid',
      reason: 'wsjf_invalid',
      message: expect.stringMatching(/^Cannot write WSJF: root\.steps\[0\]\.tsGuid: /) as unknown,
    });
  });
});
