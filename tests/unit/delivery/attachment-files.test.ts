import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placeAttachments, toExtension } from '../../../src/delivery/attachment-files.ts';
import { makeDirectorySend } from '../../../src/delivery/directory.ts';
import { hashOf, makeAttachedReport } from '../../support/attached-report.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const { signal } = new AbortController();
const DAY = '2026-01-30';
const log = { name: '../../etc/passwd', mediaType: 'text/plain', bytes: Buffer.from('grüße\r\n') };
const photo = { name: 'photo.exe', mediaType: 'image/png', bytes: Buffer.from([0x89, 0x50, 0, 255, 13, 10]) };
const logFile = `${hashOf(log.bytes)}.txt`;
const photoFile = `${hashOf(photo.bytes)}.png`;
const report = makeAttachedReport([log], [photo]);
const { reportId } = report;
const delivered = { kind: 'delivered', serverId: null, answer: null };
const conflict = { kind: 'refused', reason: 'conflict' };

describe('toExtension()', () => {
  it.each([
    ['text/plain', '.txt'],
    ['Text/CSV; charset=utf-8', '.csv'],
    ['image/jpeg', '.jpg'],
    ['text/html', '.bin'],
    ['image/svg+xml', '.bin'],
    ['application/x-msdownload', '.bin'],
    ['../../x', '.bin'],
    ['__proto__', '.bin'],
    ['', '.bin'],
  ])('makes of %j: %s', (mediaType, extension) => {
    expect(toExtension(mediaType)).toBe(extension);
  });
});

describe('directory destination with attachments', () => {
  it('lays them beside the report under their hashes, byte for byte, and never under the name of the guest', async () => {
    await using folder = await makeTemporaryFolder();

    expect(await makeDirectorySend(folder.path)(report, { signal })).toEqual(delivered);

    const day = join(folder.path, DAY);
    expect((await readdir(day)).toSorted()).toEqual([reportId, `${reportId}.json`]);
    expect((await readdir(join(day, reportId))).toSorted()).toEqual([logFile, photoFile].toSorted());
    expect(await readFile(join(day, reportId, logFile))).toEqual(log.bytes);
    expect(await readFile(join(day, reportId, photoFile))).toEqual(photo.bytes);
  });

  it('makes no folder where there are none', async () => {
    await using folder = await makeTemporaryFolder();

    await makeDirectorySend(folder.path)(makeAttachedReport([]), { signal });

    expect(await readdir(join(folder.path, DAY))).toEqual([`${reportId}.json`]);
  });

  it('comes to the same when it is sent again, also after it was broken off between attachment and report', async () => {
    await using folder = await makeTemporaryFolder();
    const day = join(folder.path, DAY);
    await mkdir(day);
    await placeAttachments(day, { ...report, attachments: report.attachments.slice(0, 1) }, { signal });
    const before = await readdir(day);
    const send = makeDirectorySend(folder.path);

    const outcomes = [await send(report, { signal }), await send(report, { signal })];

    expect(before).toEqual([reportId]);
    expect(outcomes).toEqual([delivered, delivered]);
    expect(await readdir(join(day, reportId))).toHaveLength(2);
  });

  it('adds those of the next revision to the same folder', async () => {
    await using folder = await makeTemporaryFolder();
    const send = makeDirectorySend(folder.path);
    await send(makeAttachedReport([log]), { signal });

    const outcome = await send({ ...makeAttachedReport([log, photo]), revision: 2 }, { signal });

    expect(outcome).toEqual(delivered);
    expect((await readdir(join(folder.path, DAY))).toSorted()).toEqual([
      reportId,
      `${reportId}.2.json`,
      `${reportId}.json`,
    ]);
    expect(await readdir(join(folder.path, DAY, reportId))).toHaveLength(2);
  });

  it('is refused, with no report written, when other bytes have the name of an attachment', async () => {
    await using folder = await makeTemporaryFolder();
    const own = join(folder.path, DAY, reportId);
    await mkdir(own, { recursive: true });
    await writeFile(join(own, logFile), 'edited by hand');

    expect(await makeDirectorySend(folder.path)(report, { signal })).toMatchObject(conflict);

    expect(await readdir(join(folder.path, DAY))).toEqual([reportId]);
    expect(await readFile(join(own, logFile), 'utf8')).toBe('edited by hand');
  });

  it('does not follow a link in the place of the folder, and refuses a file there', async () => {
    await using folder = await makeTemporaryFolder();
    await using elsewhere = await makeTemporaryFolder();
    const day = join(folder.path, DAY);
    await mkdir(day);
    await symlink(elsewhere.path, join(day, reportId));
    const linked = await makeDirectorySend(folder.path)(report, { signal });
    await using second = await makeTemporaryFolder();
    await mkdir(join(second.path, DAY));
    await writeFile(join(second.path, DAY, reportId), '');

    expect(linked).toMatchObject(conflict);
    expect(await readdir(elsewhere.path)).toEqual([]);
    expect(await makeDirectorySend(second.path)(report, { signal })).toMatchObject(conflict);
  });

  it('gives the same bytes one name, that of their first media type', async () => {
    await using folder = await makeTemporaryFolder();
    const twice = makeAttachedReport([log], [{ ...log, mediaType: 'image/png' }]);

    await makeDirectorySend(folder.path)(twice, { signal });

    expect(await readdir(join(folder.path, DAY, reportId))).toEqual([logFile]);
  });

  it.each(['../evil', '', 'A'.repeat(64)])('refuses the hash %j as a file name', async (sha256) => {
    await using folder = await makeTemporaryFolder();
    const bent = { ...report, attachments: [{ sha256, bytes: log.bytes }] };

    const outcome = await makeDirectorySend(folder.path)(bent, { signal });

    expect(outcome).toMatchObject({ kind: 'unsendable', reason: 'invalid_id' });
    expect(await readdir(folder.path)).toEqual([]);
  });
});
