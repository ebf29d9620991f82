import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { writeReports } from '../../../src/cli/convert/write-reports.ts';
import type { AssembledReport } from '../../../src/report/stamp.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const report = (reportId: string): AssembledReport =>
  // Only what is written is there.
  ({ reportId, body: '{}', attachments: [] }) as unknown as AssembledReport;

it('writeReports() says which file the disk refused and how many were written before it', async () => {
  await using folder = await makeTemporaryFolder();
  // A folder in the place of the second file: no rename replaces it.
  await mkdir(path.join(folder.path, 'b.json', 'full'), { recursive: true });
  const target = { format: 'canonical', folder: folder.path, nowUnixMs: 0 } as const;

  const written = writeReports({ bare: () => undefined }, [report('a'), report('b'), report('c')], target);

  await expect(written).rejects.toMatchObject({
    code: 'cannot_write',
    message: expect.stringMatching(/b\.json: the system refused; 1 of 3 reports were written$/),
  });
  expect(await readdir(folder.path)).toEqual(['a.json', 'b.json']);
});
