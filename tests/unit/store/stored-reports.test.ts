import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LogFields, silentLogger } from '../../../src/core/logger.ts';
import { makeReportFiles } from '../../../src/store/report-files.ts';
import { hash } from '../../../src/store/hash.ts';
import { makeStoredReports } from '../../../src/store/stored-reports.ts';
import { makeTemporaryFolder, reportId } from '../../support/store.ts';

/** Reads of one report whose thread names these files, one answer after the other. */
function openReports(folder: string, answers: readonly (string | null)[]) {
  const lines: LogFields[] = [];
  const left = [...answers];
  const files = makeReportFiles({
    files: { incoming: folder, payload: folder },
    log: { ...silentLogger, error: (fields) => void lines.push(fields) },
    nowUnixMs: () => 0,
  });
  const reports = makeStoredReports({
    files,
    ask: () => {
      const file = left.shift() ?? null;
      const value = { body: null, ...(file !== null && { stored: { file, sha256: hash('text') } }) };
      return Promise.resolve({ kind: 'value', value });
    },
    unwrap: (_method, reply) => (reply.kind === 'value' ? reply.value : null),
  });
  return { lines, read: () => reports.getReport(reportId(1), { kid: null }) };
}

describe('reading a stored report', () => {
  it('gives the text of its file', async () => {
    using folder = makeTemporaryFolder();
    mkdirSync(join(folder.path, 'ab'));
    writeFileSync(join(folder.path, 'ab/one.rep'), 'text');
    const { lines, read } = openReports(folder.path, ['ab/one.rep']);

    expect(await read()).toEqual({ body: 'text' });
    expect(lines).toEqual([]);
  });

  it.each([
    ['goes with its last delivery meanwhile, is no alarm', null, 0],
    ['is gone although it is still named, is logged', 'ab/one.rep', 1],
  ])('whose file %s', async (_title, second, logged) => {
    using folder = makeTemporaryFolder();
    const { lines, read } = openReports(folder.path, ['ab/one.rep', second]);

    expect(await read()).toEqual({ body: null });
    expect(lines).toHaveLength(logged);
  });
});
