import { describe, expect, it } from 'vitest';
import { type Assembler, makeAssembler } from '../../../src/report/assemble.ts';
import { parseCanonicalFile } from '../../../src/report/canonical-file.ts';
import { listAttachments } from '../../../src/report/list-attachments.ts';
import type { AssembledReport } from '../../../src/report/stamp.ts';
import { toWsjf } from '../../../src/report/wsjf.ts';
import { LIMITS, STAMP } from '../../support/guest-realm.ts';
import { assemble, document, feed, finish, start, step } from '../../support/report-records.ts';

const small = (more: Partial<typeof LIMITS>) => makeAssembler({ ...LIMITS, ...more });
const named = (name: string, of: number | null = null) => ({ kind: 'attach', name, step: of }) as const;

/** A report whose attachments have these lengths; every byte is a 7. */
function attachAll(assembler: Assembler, lengths: readonly number[]): ReturnType<Assembler['finish']> {
  feed(assembler, [start()]);
  for (const [index, length] of lengths.entries()) {
    assembler.attach(Buffer.alloc(length, 7));
    feed(assembler, [named(`a${index}`)], index + 1);
  }
  feed(assembler, [finish], lengths.length + 1);
  return assembler.finish(STAMP);
}

function onlyReport(outcome: ReturnType<Assembler['finish']>): AssembledReport {
  const [report] = outcome.kind === 'reports' ? outcome.reports : [];
  if (report === undefined) throw new Error(`Cannot test: ${JSON.stringify(outcome)}`);
  return report;
}

describe('attachments of a conversion', () => {
  it.each([
    [[1, 1], 'ok'],
    [[2, 1], 'ok'],
    [[2, 2], 'refuse'],
  ])('are measured over all their pieces: %j with three bytes allowed: %s', (pieces, kind) => {
    const assembler = small({ attachment: 3 });
    feed(assembler, [start()]);

    const verdicts = pieces.map((length) => assembler.attach(Buffer.alloc(length)));

    expect(verdicts.at(-1)?.kind).toBe(kind);
  });

  it('are measured one by one: each may be as large as the limit', () => {
    expect(attachAll(small({ attachment: 3 }), [3, 3]).kind).toBe('reports');
  });

  it('are counted over the report and its steps together', () => {
    const assembler = small({ attachments: 2 });
    feed(assembler, [start(), step(1, 0)]);
    const attach = (seq: number, of: number | null) => {
      assembler.attach(Buffer.from([seq]));
      return feed(assembler, [named('a', of)], seq).kind;
    };

    expect([attach(2, null), attach(3, 1), attach(4, 0)]).toEqual(['ok', 'ok', 'refuse']);
  });

  it.each([
    [-1, 'reports'],
    [0, 'reports'],
    [1, 'refuse'],
  ])('count in the size of the report: %d over its limit: %s', (over, kind) => {
    const { body, attachments } = onlyReport(attachAll(small({}), [100, 200]));
    const size = Buffer.byteLength(body) + attachments.reduce((sum, { bytes }) => sum + bytes.length, 0);

    expect(attachAll(small({ report: size - over }), [100, 200]).kind).toBe(kind);
  });

  it('are refused as soon as they pass the size of the report', () => {
    const assembler = small({ report: 1_000, attachment: 1_000 });
    feed(assembler, [start()]);
    assembler.attach(Buffer.alloc(1_000));

    expect(feed(assembler, [named('a')], 1)).toMatchObject({
      kind: 'refuse',
      reason: expect.stringMatching(/limits\.report/) as unknown,
    });
  });

  it('of the same bytes are kept once and named as often as they were attached', () => {
    const { body, attachments } = onlyReport(attachAll(small({}), [5, 5]));

    expect(attachments.map(({ bytes }) => bytes.length)).toEqual([5]);
    expect(body.split(attachments[0]?.sha256 ?? '-')).toHaveLength(3);
  });

  it('of no bytes at all are attachments too', () => {
    const { attachments } = onlyReport(attachAll(small({}), [0]));

    expect(attachments.map(({ bytes }) => bytes.length)).toEqual([0]);
  });
});

describe('listAttachments()', () => {
  it('finds those of the report, of failures and of steps at any depth, in this order', () => {
    const assembler = makeAssembler(LIMITS);
    const repair = { failures: [{ category: 'c', code: 'd' }] };
    feed(assembler, [start({ kind: 'repair', repair }), step(1, 0), step(2, 1)]);
    const targets = [{ step: 2 }, { step: 0 }, { failure: 0 }, {}];
    const records = targets.map(
      (target, index) => ({ kind: 'attach', name: `a${index}`, path: 'x', ...target }) as const,
    );
    feed(assembler, [...records, finish], 3);

    const [report] = assemble(assembler);

    expect(report === undefined ? [] : listAttachments(report).map(({ name }) => name)).toEqual([
      'a3',
      'a2',
      'a1',
      'a0',
    ]);
  });
});

describe('attachments of a canonical file', () => {
  it.each([
    [1, 'reports'],
    [2, 'reports'],
    [3, 'rejected'],
  ])('are counted over the report and its steps together: %d with two allowed: %s', (count, kind) => {
    const ofStep = Array.from({ length: count - 1 }, (_, index) => ({ name: `s${index}`, path: 'x' }));
    const root = { name: 'Main', kind: 'sequence', outcome: 'passed', attachments: ofStep };
    const text = JSON.stringify(document({ root, attachments: [{ name: 'r', path: 'x' }] }));

    expect(parseCanonicalFile(text, { limits: { ...LIMITS, attachments: 2 }, stamp: STAMP }).kind).toBe(kind);
  });
});

describe('toWsjf()', () => {
  it('gives an attachment without a media type one, since the server wants it', () => {
    const assembler = makeAssembler(LIMITS);
    feed(assembler, [start()]);
    assembler.attach(Buffer.from('x'));
    feed(assembler, [{ kind: 'attach', name: 'a', mediaType: '' }, finish], 1);
    const { body, attachments } = onlyReport(assembler.finish(STAMP));

    const outcome = toWsjf(JSON.parse(body), {
      receivedAt: '2026-11-21T08:00:00Z',
      attachments: new Map(attachments.map(({ sha256, bytes }) => [sha256, bytes])),
    });

    const written: unknown = JSON.parse(outcome.kind === 'ok' ? outcome.body : '{}');
    expect(written).toMatchObject({ binaryData: [{ contentType: 'application/octet-stream', data: 'eA==' }] });
  });
});
