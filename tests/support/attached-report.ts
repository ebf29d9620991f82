// A whole report with attachments as the uploader claims it, put together by the real assembler.

import { createHash } from 'node:crypto';
import type { OutgoingReport } from '../../src/delivery/send.ts';
import { makeAssembler } from '../../src/report/assemble.ts';
import { LIMITS, STAMP } from './guest-realm.ts';

/** One attachment. */
export type GivenAttachment = { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array };

const ID = '0198c2f0-0000-7000-8000-000000000001';

const START = {
  kind: 'test',
  fileId: ID,
  unit: { partNumber: 'PN-1', serialNumber: 'SN-1', revision: 'A' },
  process: { code: 10 },
  station: { name: 'S1', location: 'Hall 3', purpose: 'Test' },
  startedAt: '2026-01-30T08:15:03.120+01:00',
  root: { name: 'Main', kind: 'sequence', outcome: 'passed' },
};

/** SHA-256 as lower-case hex. */
export function hashOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A passed test with these attachments; its root step holds `ofRoot`. */
export function makeAttachedReport(
  attachments: readonly GivenAttachment[],
  ofRoot: readonly GivenAttachment[] = [],
): OutgoingReport {
  const assembler = makeAssembler(LIMITS);
  let seq = 0;
  const add = (record: object): void => {
    assembler.add(JSON.stringify({ r: 0, seq, ...record }));
    seq += 1;
  };
  const attach = (step: number | null, { name, mediaType, bytes }: GivenAttachment): void => {
    assembler.attach(bytes);
    add({ kind: 'attach', step, name, mediaType });
  };
  add({ kind: 'start', report: START });
  for (const attachment of attachments) attach(null, attachment);
  for (const attachment of ofRoot) attach(0, attachment);
  add({ kind: 'finish' });
  const outcome = assembler.finish(STAMP);
  const [report] = outcome.kind === 'reports' ? outcome.reports : [];
  if (report === undefined) throw new Error(`Cannot make report: ${JSON.stringify(outcome)}`);
  const { reportId, body } = report;
  const acceptedAtUnixMs = Date.UTC(2026, 0, 30, 12);
  return { reportId, revision: 1, body, attachments: report.attachments, sha256: hashOf(body), acceptedAtUnixMs };
}
