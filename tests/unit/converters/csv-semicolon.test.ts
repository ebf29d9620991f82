import { describe, expect, it } from 'vitest';
import type { CanonicalReport } from '../../../src/report/schema.ts';
import { loadConverter, type RealmOptions, reportsOf } from '../../support/guest-realm.ts';

const convert = loadConverter('csv-semicolon');
const lines = (text: string, options: RealmOptions = {}) => convert(text, { mode: 'lines', ...options });
const read = async (text: string, options: RealmOptions = {}) =>
  reportsOf(await lines(text, options)) as readonly CanonicalReport[];

describe('csv-semicolon', () => {
  it('fills what the file lacks from its arguments', async () => {
    const given = { partNumber: 'P', serialNumber: 'S', revision: 'R', process: 7 };

    const [report] = await read('Test;Result\nx;1\n', { arguments: given });

    expect([report?.unit, report?.process.code, report?.startedAt]).toEqual([
      { partNumber: 'P', serialNumber: 'S', revision: 'R', batch: null, subUnits: [] },
      7,
      null,
    ]);
  });

  it('reads a decimal comma and a time pattern when it is told to', async () => {
    const given = { decimal: ',', timeFormat: 'dd.MM.yyyy HH:mm', timeZone: '+01:00' };

    const [report] = await read('SN;Start;Step;Value;Max\n1;04.03.2026 07:58;x;1,25;1,3\n', { arguments: given });

    expect([report?.startedAt, report?.root.steps[0]?.measurements[0]?.value]).toEqual([
      '2026-03-04T07:58:00+01:00',
      1.25,
    ]);
    expect(report?.source.warnings).toEqual(['zone_assumed: the time is read as +01:00']);
  });

  it('starts a report where the unit changes', async () => {
    const reports = await read('SN;Step;Value\nA;x;1\nA;y;1\nB;x;1\n');

    expect(reports.map(({ unit, root }) => [unit.serialNumber, root.steps.length])).toEqual([
      ['A', 2],
      ['B', 1],
    ]);
  });

  it.each([1, 3, 1000])('reads the same in pieces of %d characters', async (pieceLength) => {
    const [report] = await read('SN;Step;Value\r\nA;"a;\r\nb";1\r\n', { pieceLength });

    expect(report?.root.steps[0]?.name).toBe('a;\r\nb');
  });

  it.each([
    ['Step;Value\nx;1,5\ny;2\n', 'done'],
    [
      'Step;Value;Low\nx;1,5;1\n',
      { kind: 'rejected', reason: '"1,5" in column value is no number', line: 2, column: null },
    ],
    [
      'Step;Value;Low\nx;1;1\ny;2;abc\n',
      { kind: 'rejected', reason: '"abc" in column low is no number', line: 3, column: null },
    ],
    [
      'Step;Value;Status\nx;1;maybe\n',
      { kind: 'rejected', reason: '"maybe" in column status is no outcome', line: 2, column: null },
    ],
    [
      'Step;Value;Result\nA;5;1\n',
      { kind: 'rejected', reason: 'the columns "Value" and "Result" both mean value', line: null, column: null },
    ],
    [
      'step;value;value\nA;5;1\n',
      { kind: 'rejected', reason: 'two columns have the name "value"', line: 1, column: null },
    ],
    [
      `step;value\n${'n'.repeat(8_193)};1\n`,
      {
        kind: 'rejected',
        reason: 'the cell in column step has 8193 characters, at most 8192',
        line: 2,
        column: null,
      },
    ],
    [`step;value;comment\n${'n'.repeat(8_192)};${'v'.repeat(9_000)};${'c'.repeat(9_000)}\n`, 'done'],
    ['Step;Value\n;1\n', { kind: 'rejected', reason: 'the row has no step name', line: 2, column: null }],
    [
      'a;b\n1;2\n',
      { kind: 'rejected', reason: 'the header names no column for the step and the value', line: 1, column: null },
    ],
    ['Step;Value\n', { kind: 'skipped', reason: 'the file has no rows below its header' }],
  ])('ends %j with %j', async (text, end) => {
    const result = await lines(text);

    expect(end === 'done' ? result.end.kind : result.end).toEqual(end);
  });
});
