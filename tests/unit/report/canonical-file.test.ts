import { describe, expect, it } from 'vitest';
import { looksCanonical, parseCanonicalFile } from '../../../src/report/canonical-file.ts';
import type { CanonicalReport } from '../../../src/report/schema.ts';
import { LIMITS, STAMP } from '../../support/guest-realm.ts';
import { document } from '../../support/report-records.ts';

const parse = (input: string | Uint8Array, more: Partial<typeof LIMITS> = {}) =>
  parseCanonicalFile(input, { limits: { ...LIMITS, ...more }, stamp: STAMP });
const text = (more: Readonly<Record<string, unknown>> = {}): string => JSON.stringify(document(more));
const ID = '83ac0b8e-b575-4004-94de-f905774c3ed8';
const leaf = { name: 's', kind: 'sequence', outcome: 'passed' };

function reports(input: string): readonly CanonicalReport[] {
  const outcome = parse(input);
  if (outcome.kind !== 'reports') throw new Error(JSON.stringify(outcome));
  return outcome.reports.map(({ body }) => JSON.parse(body) as CanonicalReport);
}

const rejectedBecause = (reason: RegExp, line: number | null = null) => ({
  kind: 'rejected',
  reason: expect.stringMatching(reason) as unknown,
  line,
  column: null,
});

describe('parseCanonicalFile()', () => {
  it('takes one report, with or without a byte-order mark', () => {
    const outcomes = [parse(text()), parse(Buffer.from(`\ufeff${text()}`))];

    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['reports', 'reports']);
  });

  it('fills in every default', () => {
    const [report] = reports(text());

    expect(report?.root).toEqual({
      id: 0,
      name: 'root',
      kind: 'sequence',
      nativeType: null,
      group: 'main',
      outcome: 'passed',
      startedAt: null,
      durationS: null,
      text: null,
      error: null,
      causedFailure: false,
      loop: null,
      measurements: [],
      series: null,
      retry: null,
      nativeOutcome: null,
      extensions: {},
      attachments: [],
      steps: [],
    });
  });

  it.each([
    ['an array', `[${text()},${text({ process: { code: 11 } })}]`],
    ['one report a line', `${text()}\n\n${text({ process: { code: 11 } })}\r\n`],
  ])('takes %s', (_what, input) => {
    expect(reports(input).map(({ process }) => process.code)).toEqual([10, 11]);
  });

  it('takes a report that is written over several lines', () => {
    expect(reports(JSON.stringify(document(), null, 2))).toHaveLength(1);
  });

  it('takes none when one is wrong, and names its line', () => {
    expect(parse(`${text()}\n${text({ outcome: 'great' })}`)).toEqual(rejectedBecause(/^outcome: /, 2));
  });

  it('names the report of an array that is wrong', () => {
    expect(parse(`[${text()},${text({ colour: 1 })}]`)).toEqual(rejectedBecause(/^report 1: .*colour/));
  });

  it('names the step that is wrong', () => {
    const root = { ...leaf, steps: [{ name: 's', kind: 'action' }] };

    expect(parse(text({ root }))).toEqual(rejectedBecause(/^root\.steps\[0\]\.outcome: /));
  });

  it('names the place of broken JSON', () => {
    expect(parse(`{\n"schema": "airlock.report/1",\n"kind": ]`)).toEqual({
      kind: 'rejected',
      reason: 'not JSON',
      line: 3,
      column: 9,
    });
  });

  it('is not canonical without the schema at the top of a report', () => {
    const outcomes = ['', '{}', '{"a":{"schema":"airlock.report/1"}}', 'a;b;c', Buffer.from([0xff, 0xfe, 0x00])];

    expect(outcomes.map((input) => parse(input).kind)).toEqual(Array(5).fill('not_canonical'));
  });

  it('rejects another version of the schema', () => {
    expect(parse(text({ schema: 'airlock.report/2' }))).toEqual(rejectedBecause(/^schema: /));
  });

  it('keeps its own UUID, and derives an id otherwise', () => {
    const ids = [text({ id: ID }), text({ id: 'x' }), text()].map((input) => reports(input)[0]?.id);

    expect([ids[0], ids[1] === ids[2], ids[1] === ID]).toEqual([ID, true, false]);
  });

  it('moves the source aside and writes its own', () => {
    const [report] = reports(text({ source: { file: 'theirs' }, extensions: { airlock: { a: 1 } } }));

    expect([report?.extensions, report?.source.file]).toEqual([
      { airlock: { a: 1, source: { file: 'theirs' } } },
      'input',
    ]);
  });

  it('reads its own output again', () => {
    const [first] = reports(text({ id: ID }));
    const [second] = reports(JSON.stringify(first));

    expect({ ...second, extensions: {} }).toEqual({ ...first, extensions: {} });
  });

  it.each([
    [999, 'reports'],
    [1_000, 'reports'],
    [1_001, 'rejected'],
  ])('takes a file of %d reports: %s', (count, kind) => {
    const lines = Array.from({ length: count }, (_, code) => text({ process: { code } })).join('\n');

    expect(parse(lines).kind).toBe(kind);
  });

  it.each([
    [2, 'reports'],
    [3, 'reports'],
    [4, 'rejected'],
  ])('takes a depth of %d with three allowed: %s', (depth, kind) => {
    let root: Record<string, unknown> = leaf;
    for (let level = 1; level < depth; level += 1) root = { ...leaf, steps: [root] };

    expect(parse(text({ root }), { depth: 3 }).kind).toBe(kind);
  });

  it.each([
    [1, 'reports'],
    [2, 'reports'],
    [3, 'rejected'],
  ])('takes %d steps with two allowed: %s', (count, kind) => {
    const root = { ...leaf, steps: Array.from({ length: count - 1 }, () => leaf) };

    expect(parse(text({ root }), { steps: 2 }).kind).toBe(kind);
  });

  it('survives a bomb of nested steps', () => {
    const bomb = `{"schema":"airlock.report/1","root":${'{"steps":['.repeat(200_000)}`;

    expect(parse(bomb)).toMatchObject({ kind: 'rejected', reason: 'JSON is nested more than 192 deep' });
  });
});

describe('looksCanonical()', () => {
  it('is true for the beginning of a canonical file only', () => {
    expect([text().slice(0, 40), '{"schema":"other/1"', ''].map(looksCanonical)).toEqual([true, false, false]);
  });
});
