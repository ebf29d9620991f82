import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { walkSteps } from '../../support/steps.ts';
import { loadConverter, type RealmOptions, reportsOf } from '../../support/guest-realm.ts';
import type { CanonicalReport } from '../../../src/report/schema.ts';

const convert = loadConverter('junit-xml');
const suite = (inside: string): string => `<testsuite name="s" timestamp="2026-01-01T00:00:00Z">${inside}</testsuite>`;
const read = async (text: string, options: RealmOptions = {}): Promise<CanonicalReport> => {
  const [report] = reportsOf(await convert(text, { mode: 'lines', ...options })) as readonly CanonicalReport[];
  if (report === undefined) throw new Error('Cannot test: there is no report');
  return report;
};
const steps = async (text: string) => walkSteps((await read(suite(text))).root).slice(1);
const folder = path.resolve(import.meta.dirname, '../../../converters/junit-xml/fixtures');

describe('junit-xml', () => {
  it.each([
    ['12.5', 12.5],
    ['1,234.567', 1234.567],
    ['1,234', 1234],
    ['1,234,567', 1_234_567],
    ['0,5', 0.5],
    ['0,123', 0.123],
    ['0,123,456', null],
    ['00,123', null],
    ['12,34', null],
    ['-1', null],
    ['', null],
    ['soon', null],
  ])('reads the time %j as %j', async (time, seconds) => {
    const [step] = await steps(`<testcase name="a" time="${time}"/>`);

    expect(step?.durationS).toBe(seconds);
  });

  it.each([
    ['<testcase name="a"/>', 'passed', null],
    ['<testcase name="a"><failure/></testcase>', 'failed', null],
    ['<testcase name="a"><failure/><error/></testcase>', 'error', null],
    ['<testcase name="a"><skipped/></testcase>', 'skipped', null],
    ['<testcase name="a"><disabled/></testcase>', 'skipped', null],
    ['<testcase name="a"><skipped type="pytest.xfail"/></testcase>', 'passed', 'pytest.xfail'],
    ['<testcase name="a" status="notrun"/>', 'skipped', 'notrun'],
    ['<testcase name="a" status="fail"/>', 'failed', 'fail'],
    ['<testcase name="a" status="Error"/>', 'error', 'Error'],
    ['<testcase name="a" status="run" result="completed"/>', 'passed', null],
    ['<testcase name="a" status="constructor"/>', 'passed', null],
  ])('reads %s as %s', async (text, outcome, nativeOutcome) => {
    expect(await steps(text)).toMatchObject([{ kind: 'boolean', outcome, nativeOutcome }]);
  });

  it('names a step after its class where that says more than the suite', async () => {
    const text = ['s', 'a', 'other', ''].map((name) => `<testcase name="a b" classname="${name}"/>`).join('');

    expect((await steps(text)).map(({ name }) => name)).toEqual(['a b', 'a b', 'other: a b', 'a b']);
  });

  it('keeps a long output as an attachment, a short one as text, and says when there are too many', async () => {
    const text = `<testcase name="a"><system-out>${'x'.repeat(10_001)}</system-out><system-err>short</system-err></testcase>`;
    const report = await read(suite(text.repeat(81)));
    const found = walkSteps(report.root).slice(1);

    expect(found[0]).toMatchObject({
      text: '[system-err]\nshort',
      attachments: [{ name: 'system-out.txt', bytes: 10_001 }],
    });
    expect(found.filter(({ attachments }) => attachments.length > 0)).toHaveLength(80);
    expect(report.source.warnings).toEqual(['attachments: over 80 outputs, the others are left out']);
  });

  it('keeps the whole of a failure that is too long for a message', async () => {
    const long = 'y'.repeat(200_000);
    const [step] = await steps(`<testcase name="a"><failure message="${long}"/></testcase>`);

    expect(step?.error?.message).toHaveLength(10_000);
    expect(step?.text).toBe(long);
  });

  it('leaves out properties that are too large to be kept, with a warning', async () => {
    const text = `<testcase name="a"><properties><property name="p" value="${'z'.repeat(12_001)}"/></properties></testcase>`;
    const report = await read(suite(text));

    expect(walkSteps(report.root)[1]?.extensions).toEqual({});
    expect(report.source.warnings).toEqual(['extensions: properties of over 12000 characters are left out']);
  });

  it('takes identity from its arguments', async () => {
    const given = { partNumber: 'P', serialNumber: 'S', revision: 'R', process: 30 };

    expect(await read(suite('<testcase name="a"/>'), { arguments: given })).toMatchObject({
      unit: { partNumber: 'P', serialNumber: 'S', revision: 'R' },
      process: { code: 30 },
    });
  });

  it('reads times without a zone in the zone it is told, and says so', async () => {
    const text = '<testsuites><testsuite timestamp="2026-01-01 08:00:00"><testcase name="a"/></testsuite></testsuites>';

    expect(await read(text, { arguments: { timeZone: '+02:00' } })).toMatchObject({
      startedAt: '2026-01-01T08:00:00+02:00',
      source: { warnings: ['zone_assumed: times without a zone are read as +02:00'] },
    });
  });

  it.each([
    ['<testsuite name="s"/>', { kind: 'skipped', reason: 'the file has no test cases' }],
    ['<html><body/></html>', { kind: 'rejected', line: 1, reason: 'this is no JUnit XML: its root is <html>' }],
    ['{}', { kind: 'rejected', line: 1 }],
    ['<!DOCTYPE testsuite><testsuite/>', { kind: 'rejected' }],
  ])('ends %s with %j', async (text, end) => {
    expect((await convert(text, { mode: 'lines' })).end).toMatchObject(end);
  });

  it('rejects every file that is cut off', async () => {
    const files = globSync('*.in.xml', { cwd: folder }).map((file) =>
      readFileSync(path.join(folder, file), 'utf8').trim(),
    );
    const ends: string[] = [];

    for (const text of files) {
      for (let length = 0; length < text.length; length += Math.ceil(text.length / 20)) {
        const { end } = await convert(text.slice(0, length), { mode: 'lines', pieceLength: 50 });
        ends.push(end.kind === 'rejected' && end.line !== null ? 'rejected' : JSON.stringify(end));
      }
    }

    expect(new Set(ends)).toEqual(new Set(['rejected']));
  });
});
