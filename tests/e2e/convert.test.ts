import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../src/client/connect.ts';
import { writeConverter } from '../support/converter-folder.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { CONVERTERS_AUTO, documents, submitText, until, writeOwnConverter } from '../support/e2e.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const samples = path.resolve(import.meta.dirname, '../fixtures/samples');
const WSJF = path.join(samples, 'wats-wsjf/wsjf-uut-bare-minimum.json');

const IMPORT = `import { BadInput, defineConverter, log, RetryLater, SkipFile } from 'airlock/converter';\n`;
const REPORT = `const report = reports.start({ partNumber: 'P-1', serialNumber: input.stem, process: { code: 10 } });`;

function source(convert: string, probe = ''): string {
  const asked = probe === '' ? '' : `probe(head) { ${probe} },`;
  return `${IMPORT}export default defineConverter({ ${asked} convert(input, reports, ctx) {\n${convert}\n} });\n`;
}

const MAKES = `${REPORT} report.finish();`;

/** The first word of a file decides how its conversion ends, or what its probe does. */
const ENDS = `log.warn('so far');
const word = input.text();
if (word === 'bad') throw new BadInput('no header', { line: 3, column: 7 });
if (word === 'skips') throw new SkipFile('an empty run');
if (word === 'later') throw new RetryLater('not yet', { afterMs: 5000 });
null.x;`;
const ASKED = `if (head.text === 'throwing') throw new Error('no idea');
while (head.text === 'looping') {}
return head.text === 'unwilling' ? 0.1 : 0.9;`;

/** Converters of one home: each pair shares an extension. */
const CONVERTERS: Readonly<Record<string, { extension: string; source: string; manifest?: object }>> = {
  'sure-a': { extension: '.sure', source: source(MAKES, 'return 0.4;') },
  'sure-b': { extension: '.sure', source: source(MAKES, `return head.text.startsWith('mine') ? 0.9 : 0.25;`) },
  'tied-a': { extension: '.tied', source: source(MAKES, 'return 0.8;') },
  'tied-b': { extension: '.tied', source: source(MAKES, 'return 0.79;') },
  ends: { extension: '.ends', source: source(ENDS, ASKED) },
  pair: {
    extension: '.pair',
    source: source(`${REPORT} log.info(input.companions.map((one) => one.text()).join('|')); report.finish();`),
    manifest: { companions: ['{stem}.limits'] },
  },
};

async function writeConverters(home: TestHome, wanted = /./): Promise<void> {
  for (const [name, one] of Object.entries(CONVERTERS)) if (wanted.test(name)) await writeOwnConverter(home, name, one);
}

async function ended(client: Client, submissionId: string) {
  return until(
    client,
    () => client.call('submission/get', { submissionId }),
    ({ state }) => state !== 'received' && state !== 'converting',
  );
}

describe('a daemon with converters that want the same files', () => {
  let home: TestHome;
  let client: Client;
  beforeAll(async () => {
    home = await makeTestHome();
    await home.configure(CONVERTERS_AUTO);
    await writeConverters(home, /^(?!pair)/);
    await home.start();
    client = await home.connect();
  }, 60_000);
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  const submit = async (name: string, text: string) => ended(client, await submitText(client, text, name));

  it('gives a file to the surer of two', async () => {
    expect(await submit('a.sure', 'mine')).toMatchObject({
      state: 'converted',
      converter: { name: 'sure-b' },
      warnings: [],
    });
  });

  it('warns where the surest is not very sure', async () => {
    expect(await submit('a.sure', 'yours')).toMatchObject({
      state: 'converted',
      converter: { name: 'sure-a' },
      warnings: [expect.stringMatching(/"sure-a" .* 0\.4 only, .*"sure-b" 0\.25/)],
    });
  });

  it('rejects a tie with the names of both', async () => {
    expect(await submit('a.tied', 'x')).toMatchObject({
      state: 'rejected',
      converter: null,
      failure: { code: 'converter_refused', message: expect.stringMatching(/"tied-a" 0\.8, "tied-b" 0\.79/) },
    });
  });

  it.each([
    ['unwilling', /"ends" 0\.1/],
    ['throwing', /"ends" 0 .*no idea/],
    ['looping', /"ends" 0 /],
  ])('rejects what its only converter does not want: %s', async (word, message) => {
    expect(await submit('a.ends', word)).toMatchObject({
      state: 'rejected',
      failure: { code: 'converter_refused', message: expect.stringMatching(message) },
    });
  });

  it('tells by `converter probe` what would happen, without taking the file', async () => {
    const file = path.join(home.home, 'a.sure');
    await writeFile(file, 'mine');

    const end = await home.airlock(['converter', 'probe', file, '--json']);

    expect(end.exitCode).toBe(0);
    expect(documents(end.stdout)).toMatchObject([
      {
        choice: 'converter',
        converter: 'sure-b',
        candidates: [
          { name: 'sure-b', confidence: 0.9 },
          { name: 'sure-a', confidence: 0.4 },
        ],
      },
    ]);
    const refused = await home.airlock(['converter', 'probe', file, '--name', 'a.tied']);
    expect(refused).toMatchObject({ exitCode: 65, stdout: expect.stringContaining('nobody takes it') });
  });

  it('converts over the wire what it then does not keep', async () => {
    const before = await client.call('submission/list', {});

    const params = JSON.stringify({ name: 'a.sure', content: 'mine' });
    const end = await home.airlock(['rpc', 'report/convert', params, '--json']);

    expect(documents(end.stdout)).toMatchObject([
      {
        outcome: 'converted',
        converter: { name: 'sure-b' },
        reports: [{ schema: 'airlock.report/1', unit: { serialNumber: 'a' } }],
        stats: { records: 2 },
      },
    ]);
    expect((await client.call('submission/list', {})).items).toHaveLength(before.items.length);
  });

  it.each([
    ['bad', { outcome: 'rejected', reason: 'no header', line: 3, column: 7 }],
    ['skips', { outcome: 'skipped', reason: 'an empty run' }],
    ['later', { outcome: 'suspended', reason: 'not yet', afterMs: 5_000 }],
  ])('answers over the wire how a conversion ends: %s', async (word, result) => {
    expect(await client.call('report/convert', { name: 'a.ends', content: word })).toMatchObject({
      ...result,
      reports: [],
    });
  });

  it('answers over the wire where a converter threw, with its log', async () => {
    await expect(client.call('report/convert', { name: 'a.ends', content: 'fails' })).rejects.toMatchObject({
      code: 'converter_failed',
      data: { file: 'converter.ts', line: 10, log: [{ level: 'warn', text: 'so far' }] },
    });
  });

  it('answers a report over 128 KiB whole', async () => {
    const text = `partNumber;serialNumber;process;step;value;low;high;unit\n${'PN;SN;10;VCC;3.3;3;4;V\n'.repeat(3_000)}`;

    const { reports } = await client.call('report/convert', { name: 'a.csv', content: text });

    expect(reports).toHaveLength(1);
    expect(JSON.stringify(reports).length).toBeGreaterThan(500_000);
  });
});

describe('airlock convert', () => {
  let home: TestHome;
  beforeAll(async () => {
    home = await makeTestHome();
    await home.configure({ sandbox: { requireWalls: [] } });
    await writeConverters(home, /sure|tied|pair/);
  });
  afterAll(() => home?.[Symbol.asyncDispose]());

  const write = async (name: string, text = 'x') => {
    const file = path.join(home.home, name);
    await writeFile(file, text);
    return file;
  };

  it('prints one bare report a line, without a daemon', async () => {
    const end = await home.airlock(['convert', WSJF, WSJF]);

    expect(end.exitCode).toBe(0);
    const [one, two] = documents(end.stdout);
    expect(one).toMatchObject({ schema: 'airlock.report/1', unit: { serialNumber: 'FATTest-299' } });
    expect(two).toEqual({ ...one, source: { ...(one?.['source'] as object), receivedAt: expect.any(String) } });
  });

  it('reads standard input, and writes WSJF into a folder', async () => {
    await using folder = await makeTemporaryFolder();

    const end = await home.airlock(
      ['convert', '-', '--name', 'r.json', '--to', 'wsjf', '--out', path.join(folder.path, 'new')],
      { stdin: await readFile(WSJF) },
    );

    expect(end).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/c3eef2e0.*\.json\n$/) });
    expect(await readdir(path.join(folder.path, 'new'))).toEqual(['c3eef2e0-034f-4ae1-9f8a-498a6e213775.json']);
  });

  it('runs a converter that nobody approved, and says so', async () => {
    expect(await home.airlock(['convert', await write('a.sure', 'mine'), '--converter', 'sure-b'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('"serialNumber":"a"'),
      stderr: expect.stringContaining('converter "sure-b" is not approved; it ran sealed'),
    });
  });

  it('uses the converter of a folder, and shows what the gate has against it', async () => {
    const folder = path.join(home.places.converters, 'sure-a');
    const file = await write('any.thing');
    await writeOwnConverter(home, 'refused', { extension: '.x', source: `import 'node:fs';\n` });

    expect(await home.airlock(['convert', file, '--converter-folder', folder])).toMatchObject({ exitCode: 0 });
    expect(
      await home.airlock(['convert', file, '--converter-folder', path.join(home.places.converters, 'refused')]),
    ).toMatchObject({ exitCode: 65, stdout: '', stderr: expect.stringContaining('node:fs') });
  });

  it('hands companions over', async () => {
    const [file, companion, stranger] = [await write('a.pair'), await write('a.limits', 'low'), await write('b.other')];

    const end = await home.airlock(['convert', file, '--companion', companion, '--companion', stranger]);

    expect(end).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('info: low') });
    expect(end.stderr).toContain('companion "b.other" was not given to the converter');
  });

  it('rejects a tie with the names of both', async () => {
    expect(await home.airlock(['convert', await write('a.tied')])).toMatchObject({
      exitCode: 65,
      stdout: '',
      stderr: expect.stringContaining('"tied-a" 0.8, "tied-b" 0.79'),
    });
  });

  it.each([
    ['bad', 65, 'no header (line 3, column 7)'],
    ['fails', 65, 'warn: so far'],
    ['later', 75, 'not yet'],
    ['skips', 0, 'an empty run'],
  ])('ends for a conversion that is %s with %i and says why', async (word, exitCode, words) => {
    await using folder = await makeTemporaryFolder();
    const converter = await writeConverter(folder.path, 'ends', { files: { 'converter.ts': source(ENDS) } });

    expect(await home.airlock(['convert', await write('a.ends', word), '--converter-folder', converter])).toMatchObject(
      {
        exitCode,
        stdout: '',
        stderr: expect.stringContaining(words),
      },
    );
  });

  it('converts the others when one fails, and ends with 2; with --json the failure is a line too', async () => {
    const end = await home.airlock(['--json', 'convert', await write('a.nothing'), WSJF, path.join(home.home, 'none')]);

    expect(end.exitCode).toBe(2);
    expect(documents(end.stdout)).toMatchObject([
      { schemaVersion: 1, file: expect.stringContaining('a.nothing'), error: { code: 'converter_refused' } },
      { schema: 'airlock.report/1' },
      { file: expect.stringContaining('none'), error: { code: 'file_unreadable' } },
    ]);
  });

  it('refuses what cannot be meant', async () => {
    expect(await home.airlock(['convert', 'a', 'b', '--companion', 'c'])).toMatchObject({ exitCode: 64 });
    expect(await home.airlock(['convert', 'a', '--converter', 'x', '--converter-folder', 'y'])).toMatchObject({
      exitCode: 64,
    });
    expect(await home.airlock(['convert', 'no-*.such'])).toMatchObject({ exitCode: 66 });
  });
});
