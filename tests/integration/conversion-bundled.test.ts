import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFolder } from '../../src/gate/check.ts';
import { type ConversionRig, startConversionRig } from '../support/conversions.ts';

const BUNDLED = readdirSync(resolve(import.meta.dirname, '../../converters'));

const WSJF = JSON.stringify({
  type: 'T',
  id: 'c3eef2e0-034f-4ae1-9f8a-498a6e213775',
  pn: 'PN-1',
  sn: 'SN-1',
  rev: 'A',
  processCode: 10,
  processName: 'ICT',
  result: 'F',
  machineName: 'FAT Station',
  location: 'Hall 3',
  purpose: 'Test',
  start: '2020-01-01T09:00:00+01:00',
  root: { id: 0, group: 'M', stepType: 'SequenceCall', name: 'Main', status: 'F', steps: [] },
});

const CSV = `partNumber;serialNumber;process;step;value;low;high;unit
PN-2;SN-2;10;VCC;3,31;3,2;3,4;V
PN-2;SN-2;10;GND;0,5;0;0,1;V
`;

describe('bundled converters, through bundle, sealed runner and store', () => {
  let rig: ConversionRig;
  beforeAll(async () => {
    rig = await startConversionRig();
  });
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]();
  });

  it('are all there, approved', () => {
    expect(rig.registry.list().map(({ name, state }) => `${name} ${state}`)).toEqual(
      BUNDLED.toSorted().map((name) => `${name} approved`),
    );
  });

  it('are chosen for a WSJF file by its content, and keep the id of the file', async () => {
    expect(await rig.convert('report.json', WSJF)).toMatchObject({
      failure: null,
      state: 'converted',
      converter: { name: 'wats-wsjf' },
      reports: [
        {
          reportId: 'c3eef2e0-034f-4ae1-9f8a-498a6e213775',
          outcome: 'failed',
          partNumber: 'PN-1',
          serialNumber: 'SN-1',
        },
      ],
    });
  });

  it('run with the hash that the gate gives to their folder, and say so', async () => {
    const folder = resolve(import.meta.dirname, '../../converters/wats-wsjf');
    const verdict = checkFolder(
      { folder, policy: { trustedUids: null, forbiddenMode: 0 } },
      { atFile: () => undefined },
    );
    const sha256 = verdict.kind === 'passed' ? verdict.converter.sha256 : null;

    expect(rig.registry.find('wats-wsjf')).toMatchObject({ checked: { sha256 } });
    expect(await rig.convert('report.json', WSJF)).toMatchObject({ converter: { name: 'wats-wsjf', sha256 } });
  });

  it('are chosen for a CSV file by name and content, and take arguments', async () => {
    expect(await rig.convert('report.csv', CSV, { arguments: { decimal: ',' } })).toMatchObject({
      failure: null,
      state: 'converted',
      converter: { name: 'csv-semicolon' },
      reports: [{ outcome: 'failed', partNumber: 'PN-2', serialNumber: 'SN-2' }],
    });
  });

  it('reject a file that only looks like theirs, with a reason', async () => {
    expect(await rig.convert('report.json', WSJF.slice(0, -20))).toMatchObject({
      state: 'rejected',
      converter: { name: 'wats-wsjf' },
      failure: { code: 'request_failed' },
      reports: [],
    });
  });
});
