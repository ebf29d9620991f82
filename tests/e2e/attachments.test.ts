import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/client/connect.ts';
import type { AirlockConfigInput } from '../../src/config/schema/root.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { CONVERTERS_AUTO, submitText, until, watsAt, writeOwnConverter, writeToken } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { startSink } from '../support/sink/client.ts';

const LARGE_BYTES = 1_500_000;
const large = Buffer.from(Uint8Array.from({ length: LARGE_BYTES }, (_, index) => (index * 31) & 0xff));
const [textName, binaryName] = [`${hash('grüße\r\n\u0000')}.txt`, `${hash(large)}.bin`];

/** Attaches a text to the report and bytes to a step, under names that lead elsewhere. */
const ATTACHING = `
import { defineConverter } from 'airlock/converter';

export default defineConverter({
  convert(input, reports) {
    const report = reports.start({
      partNumber: 'PN-1', serialNumber: input.text().trim(), revision: 'A', process: { code: 10 },
      station: { name: 'S1', location: 'Hall 3', purpose: 'Test' }, startedAt: '2026-11-21T08:15:03.120+01:00',
    });
    const bytes = new Uint8Array(${LARGE_BYTES}).map((_byte, index) => (index * 31) & 0xff);
    report.attach({ name: '../../config.jsonc', mediaType: 'text/plain', text: 'grüße\\r\\n\\u0000' });
    report.step({ name: 'Scope', attachments: [{ name: '/etc/passwd', bytes, description: 'All bytes' }] });
    report.finish();
  },
});
`;

/** Attaches each line of the file. */
const ATTACHING_LINES = `
import { defineConverter } from 'airlock/converter';

export default defineConverter({
  convert(input, reports) {
    const report = reports.start({ partNumber: 'PN-1', serialNumber: 'SN-1', process: { code: 10 } });
    for (const [index, text] of input.text().split('\\n').entries()) report.attach({ name: 'line ' + index, text });
    report.finish();
  },
});
`;

const WSJF = {
  type: 'T',
  pn: 'PN-1',
  sn: 'SN-1',
  rev: 'A',
  processCode: 10,
  result: 'P',
  machineName: 'M',
  location: 'L',
  purpose: 'Test',
  start: '2026-11-21T08:15:03+01:00',
  root: { stepType: 'SequenceCall', name: 'Main', status: 'P', group: 'M', steps: [] },
};

const FOLDER: AirlockConfigInput = { destinations: { folder: { type: 'directory' } } };

function hash(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function openHome(source: string, config: AirlockConfigInput): Promise<TestHome> {
  const home = await makeTestHome();
  await home.configure({ ...CONVERTERS_AUTO, ...config });
  await writeToken(home);
  await writeOwnConverter(home, 'attaching', { source, extension: '.att' });
  return home;
}

async function ended(client: Client, submissionId: string) {
  const open = new Set(['received', 'converting']);
  return await until(
    client,
    () => client.call('submission/get', { submissionId }),
    ({ state, reports }) => !open.has(state) && reports.every((report) => report.state === 'delivered'),
  );
}

/** The submission once its report waits for a server that is busy. */
async function deferred(client: Client, submissionId: string) {
  return await until(
    client,
    () => client.call('submission/get', { submissionId }),
    ({ reports: [report] }) => report?.state === 'deferred',
  );
}

/** Files below the folder of the one day, by name. */
async function deliveredFiles(home: TestHome): Promise<Readonly<Record<string, Buffer>>> {
  const names = await readdir(home.places.delivered, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const read = async (file: string) => [path.relative(home.places.delivered, file), await readFile(file)] as const;
  return Object.fromEntries(await Promise.all(files.map(read)));
}

describe('attachments', () => {
  it('lie beside the report in the folder, byte for byte, under their hashes', async () => {
    await using home = await openHome(ATTACHING, FOLDER);
    await home.start();
    await using client = await home.connect();
    const { reports } = await ended(client, await submitText(client, 'SN-1', 'unit.att'));

    const files = await deliveredFiles(home);

    const [id = ''] = reports.map((report) => report.id);
    const [day = ''] = await readdir(home.places.delivered);
    const own = path.join(day, id);
    const names = [path.join(own, textName), path.join(own, binaryName), `${own}.json`];
    expect(Object.keys(files).toSorted()).toEqual(names.toSorted());
    expect(files[path.join(own, textName)]?.toString('utf8')).toBe('grüße\r\n\u0000');
    expect(files[path.join(own, binaryName)]?.equals(large)).toBe(true);
    expect(JSON.parse(String(files[`${own}.json`]))).toMatchObject({
      attachments: [{ name: '../../config.jsonc', mediaType: 'text/plain', bytes: 10, sha256: textName.slice(0, 64) }],
      root: { steps: [{ attachments: [{ description: 'All bytes', bytes: LARGE_BYTES, sha256: hash(large) }] }] },
    });
  });

  it('go to a WATS server in base64, and are told by report/get without their bytes', async () => {
    await using sink = await startSink({ mode: { kind: 'status', status: 503 } });
    await using home = await openHome(ATTACHING, watsAt(sink.url));
    await home.start();
    await using client = await home.connect();
    const submissionId = await submitText(client, 'SN-1', 'unit.att');
    const waiting = await deferred(client, submissionId);
    const shown = await client.call('report/get', { reportId: waiting.reports[0]?.id ?? '' });
    const { bytes } = await client.call('queue/stats', {});
    await sink.setMode({ kind: 'id' });
    await ended(client, submissionId);

    const [body] = (await sink.bodies()).slice(-1);

    expect(shown.report).toMatchObject({
      attachments: [{ name: '../../config.jsonc', sha256: textName.slice(0, 64) }],
    });
    expect(bytes.reports).toBe(shown.bytes + LARGE_BYTES + 10);
    expect((await client.call('queue/stats', {})).bytes.reports).toBe(0);
    expect(JSON.parse(body ?? '')).toMatchObject({
      binaryData: [{ name: '../../config.jsonc', contentType: 'text/plain', data: 'Z3LDvMOfZQ0KAA==' }],
      root: { steps: [{ attachment: { description: 'All bytes', data: large.toString('base64') } }] },
    });
  });

  it('survive kill -9 between conversion and upload', async () => {
    await using sink = await startSink({ mode: { kind: 'status', status: 503 } });
    await using home = await openHome(ATTACHING, watsAt(sink.url));
    const first = await home.start();
    await using before = await home.connect();
    const submissionId = await submitText(before, 'SN-1', 'unit.att');
    await deferred(before, submissionId);
    await first.end('SIGKILL');
    await sink.setMode({ kind: 'id' });
    await home.start();
    await using client = await home.connect();

    await ended(client, submissionId);

    expect(JSON.parse((await sink.bodies()).at(-1) ?? '')).toMatchObject({
      root: { steps: [{ attachment: { data: large.toString('base64') } }] },
    });
  });

  it('of a WSJF file reach folder and server as they came', async () => {
    await using sink = await startSink();
    const { destinations } = watsAt(sink.url);
    await using home = await openHome(ATTACHING, { destinations: { ...destinations, ...FOLDER.destinations } });
    await home.start();
    await using client = await home.connect();
    const scope = large.subarray(0, 50_000);
    const attachment = { name: 'scope.png', contentType: 'image/png', data: scope.toString('base64') };
    const wsjf = { ...WSJF, binaryData: [attachment] };

    const { reports } = await ended(client, await submitText(client, JSON.stringify(wsjf), 'unit.json'));

    const [day = ''] = await readdir(home.places.delivered);
    const file = path.join(day, reports[0]?.id ?? '', `${hash(scope)}.png`);
    expect((await deliveredFiles(home))[file]?.equals(scope)).toBe(true);
    expect(JSON.parse((await sink.bodies())[0] ?? '')).toMatchObject({ binaryData: [attachment] });
  });
});

describe('the limits of attachments', () => {
  const shared = shareDaemon({
    prepare: async (home) => {
      await home.configure({ ...CONVERTERS_AUTO, ...FOLDER, limits: { attachment: '5 B', attachments: 2 } });
      await writeOwnConverter(home, 'attaching', { source: ATTACHING_LINES, extension: '.att' });
    },
  });

  it.each([
    ['limits.attachment', ['1234', '12345', '123456']],
    ['limits.attachments', ['1', '1\n2', '1\n2\n3']],
  ])('%s: one under and at it are taken, one over is rejected', async (limit, contents) => {
    const ends = [];
    for (const content of contents)
      ends.push(await ended(shared.client, await submitText(shared.client, content, 'unit.att')));

    expect(ends.map(({ state }) => state)).toEqual(['converted', 'converted', 'rejected']);
    expect(ends[2]?.failure).toMatchObject({ message: expect.stringContaining(`over ${limit}`) as unknown });
  });
});
