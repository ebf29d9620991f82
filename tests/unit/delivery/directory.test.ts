import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeDirectorySend } from '../../../src/delivery/directory.ts';
import type { OutgoingReport } from '../../../src/delivery/send.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const ID = '0198c2f0-0000-7000-8000-000000000001';
const DAY = '2026-01-30';
const { signal } = new AbortController();
const delivered = { kind: 'delivered', serverId: null, answer: null };

function makeReport(extra: Partial<OutgoingReport> = {}): OutgoingReport {
  const body = extra.body ?? '{"a":"ü"}';
  const sha256 = createHash('sha256').update(body).digest('hex');
  // One second before midnight UTC: no local time zone may move it.
  const acceptedAtUnixMs = Date.UTC(2026, 0, 30, 23, 59, 59);
  return { reportId: ID, revision: 1, body, attachments: [], sha256, acceptedAtUnixMs, ...extra };
}

describe('directory destination', () => {
  it('writes one file per report in the folder of its UTC day, making the folders', async () => {
    await using folder = await makeTemporaryFolder();
    const root = join(folder.path, 'out', 'delivered');

    expect(await makeDirectorySend(root)(makeReport(), { signal })).toEqual(delivered);

    expect(await readdir(join(root, DAY))).toEqual([`${ID}.json`]);
    expect(await readFile(join(root, DAY, `${ID}.json`), 'utf8')).toBe('{"a":"ü"}');
  });

  it('takes the same bytes that are there already as delivered', async () => {
    await using folder = await makeTemporaryFolder();
    const send = makeDirectorySend(folder.path);
    await send(makeReport(), { signal });

    expect(await send(makeReport(), { signal })).toEqual(delivered);

    expect(await readdir(join(folder.path, DAY))).toEqual([`${ID}.json`]);
  });

  it('puts other bytes beside what is there, under the revision', async () => {
    await using folder = await makeTemporaryFolder();
    const send = makeDirectorySend(folder.path);
    await send(makeReport(), { signal });

    expect(await send(makeReport({ revision: 2, body: '{"a":2}' }), { signal })).toEqual(delivered);
    expect(await send(makeReport({ revision: 2, body: '{"a":2}' }), { signal })).toEqual(delivered);

    expect((await readdir(join(folder.path, DAY))).sort()).toEqual([`${ID}.2.json`, `${ID}.json`]);
    expect(await readFile(join(folder.path, DAY, `${ID}.json`), 'utf8')).toBe('{"a":"ü"}');
  });

  it('never overwrites: refused when both names hold other content', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, DAY));
    await writeFile(join(folder.path, DAY, `${ID}.json`), 'edited by hand');
    await mkdir(join(folder.path, DAY, `${ID}.1.json`));

    const outcome = await makeDirectorySend(folder.path)(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'refused', reason: 'conflict' });
    expect(await readFile(join(folder.path, DAY, `${ID}.json`), 'utf8')).toBe('edited by hand');
  });

  it.each(['../../evil', `${ID}/../x`, ID.toUpperCase(), ''])('refuses the id %j as a file name', async (reportId) => {
    await using folder = await makeTemporaryFolder();

    const outcome = await makeDirectorySend(folder.path)(makeReport({ reportId }), { signal });

    expect(outcome).toMatchObject({ kind: 'unsendable', reason: 'invalid_id' });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('does not follow a link in the place of a day folder', async () => {
    await using folder = await makeTemporaryFolder();
    await using elsewhere = await makeTemporaryFolder();
    await symlink(elsewhere.path, join(folder.path, DAY));

    const outcome = await makeDirectorySend(folder.path)(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'misconfigured', reason: 'wrong_path' });
    expect(await readdir(elsewhere.path)).toEqual([]);
  });

  it('does not follow a link in the place of a report file', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, DAY));
    await writeFile(join(folder.path, 'target'), makeReport().body);
    await symlink(join(folder.path, 'target'), join(folder.path, DAY, `${ID}.json`));

    expect(await makeDirectorySend(folder.path)(makeReport(), { signal })).toEqual(delivered);

    expect((await readdir(join(folder.path, DAY))).sort()).toEqual([`${ID}.1.json`, `${ID}.json`]);
  });

  it('is misconfigured when its path leads through a file', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'file'), '');

    const outcome = await makeDirectorySend(join(folder.path, 'file', 'out'))(makeReport(), { signal });

    expect(outcome).toEqual({
      kind: 'misconfigured',
      reason: 'wrong_path',
      error: 'Cannot write report to folder: the path cannot hold the file, ENOTDIR',
      answer: null,
    });
  });

  it.skipIf(process.platform !== 'linux')('is misconfigured when the system lets nobody write there', async () => {
    const outcome = await makeDirectorySend('/proc/airlock-test')(makeReport(), { signal });

    expect(outcome.kind).toBe('misconfigured');
  });

  it('rejects with the reason of an aborted signal and writes nothing', async () => {
    await using folder = await makeTemporaryFolder();
    const reason = new Error('stop');

    const sending = makeDirectorySend(folder.path)(makeReport(), { signal: AbortSignal.abort(reason) });

    await expect(sending).rejects.toBe(reason);
    expect(await readdir(folder.path)).toEqual([]);
  });
});
