// What a WSJF file carries in base64 comes out byte for byte, and goes back as it came.

import { describe, expect, it } from 'vitest';
import type { AssembledReport } from '../../../src/report/stamp.ts';
import { parseStoredReport, toWsjf } from '../../../src/report/wsjf.ts';
import { loadConverter, STAMP } from '../../support/guest-realm.ts';

const convert = loadConverter('wats-wsjf');
const BASE = {
  pn: 'P',
  sn: 'S',
  rev: 'R',
  processCode: 10,
  result: 'P',
  machineName: 'M',
  location: 'L',
  purpose: 'X',
  start: '2026-01-01T00:00:00+01:00',
};
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
const all = { name: 'all.bin', contentType: 'application/octet-stream', data: everyByte.toString('base64') };
const note = { name: 'note.txt', contentType: 'text/plain', data: 'Z3LDvG4=', description: 'A note' };
const empty = { name: 'empty', contentType: 'text/csv', data: '' };
const root = { stepType: 'SequenceCall', name: 'Main', status: 'P', group: 'M' };
const TEST = {
  ...BASE,
  type: 'T',
  binaryData: [all, empty],
  root: { ...root, steps: [{ stepType: 'Action', name: 'Photo', status: 'D', group: 'M', attachment: note }] },
};
const REPAIR = {
  ...BASE,
  type: 'R',
  uur: { user: 'u', processCode: 10 },
  subUnits: [{ idx: 0, pn: 'P', sn: 'S', rev: 'R', partType: 'Main' }],
  binaryData: [note, all],
};

async function read(document: object): Promise<AssembledReport> {
  const { assembler } = await convert(JSON.stringify(document));
  const outcome = assembler.finish(STAMP);
  const [report] = outcome.kind === 'reports' ? outcome.reports : [];
  if (report === undefined) throw new Error(`Cannot test: ${JSON.stringify(outcome)}`);
  return report;
}

function writeBack({ body, attachments }: AssembledReport): unknown {
  const bytes = new Map(attachments.map((attachment) => [attachment.sha256, attachment.bytes]));
  const outcome = toWsjf(parseStoredReport(body), { receivedAt: BASE.start, attachments: bytes });
  return outcome.kind === 'ok' ? JSON.parse(outcome.body) : outcome;
}

describe('wats-wsjf', () => {
  it('takes binaryData and attachments of steps as attachments, byte for byte', async () => {
    const { body, attachments } = await read(TEST);

    const report = parseStoredReport(body);
    const described = { mediaType: 'application/octet-stream', bytes: 256, path: null, description: null };
    expect(attachments.map(({ bytes }) => Buffer.from(bytes))).toEqual([
      everyByte,
      Buffer.alloc(0),
      Buffer.from('grün'),
    ]);
    expect(report.attachments).toMatchObject([
      { name: 'all.bin', ...described },
      { name: 'empty', bytes: 0 },
    ]);
    expect(report.root.steps[0]?.attachments).toMatchObject([{ name: 'note.txt', description: 'A note', bytes: 5 }]);
  });

  it('takes those of a repair', async () => {
    const { attachments } = await read(REPAIR);

    expect(attachments.map(({ bytes }) => Buffer.from(bytes))).toEqual([Buffer.from('grün'), everyByte]);
  });

  it.each([
    ['test', TEST],
    ['repair', REPAIR],
  ])('gives back to the server what a %s came with', async (_kind, document) => {
    const { binaryData } = document;

    expect(writeBack(await read(document))).toMatchObject({ binaryData });
  });

  it('gives a step its attachment back', async () => {
    expect(writeBack(await read(TEST))).toMatchObject({ root: { steps: [{ name: 'Photo', attachment: note }] } });
  });
});
