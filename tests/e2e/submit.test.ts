import { randomUUID } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, documents } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const root = path.resolve(import.meta.dirname, '../..');
const samples = globSync('converters/*/fixtures/*.in.*', { cwd: root }).map((file) => path.join(root, file));

describe('airlock submit --wait', () => {
  const shared = shareDaemon();
  const deliveredIds = () =>
    globSync('*/*.json', { cwd: shared.home.places.delivered }).map((file) => path.basename(file, '.json'));

  it('delivers every sample file and a canonical report to the folder, and tells one line a file', async () => {
    const { home } = shared;
    const canonical = path.join(home.home, 'canonical.json');
    writeFileSync(canonical, canonicalReport());
    const before = new Set(deliveredIds());

    const { exitCode, stdout, stderr } = await home.airlock(['submit', '--wait', '--json', canonical, ...samples]);
    const lines = documents(stdout);
    const reports = lines.flatMap((line) => line['reports'] as { id: string; state: string; destination: string }[]);
    const delivered = deliveredIds().filter((id) => !before.has(id));

    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(lines).toHaveLength(samples.length + 1);
    expect(new Set(lines.map((line) => line['state']))).toEqual(new Set(['converted']));
    expect(new Set(reports.map(({ state, destination }) => `${state} ${destination}`))).toEqual(
      new Set(['delivered folder']),
    );
    expect(delivered.toSorted()).toEqual(reports.map(({ id }) => id).toSorted());
  });

  it('delivers the report that the converter made, with its source', async () => {
    const { home } = shared;
    const sample = samples.find((file) => file.includes('wats-wsjf')) ?? '';

    const { stdout } = await home.airlock(['submit', '--wait', '--json', sample]);
    const [line] = documents(stdout);
    const [{ id = '' } = {}] = (line?.['reports'] ?? []) as { id?: string }[];
    const [file = ''] = globSync(`*/${id}.json`, { cwd: home.places.delivered });
    const report = JSON.parse(readFileSync(path.join(home.places.delivered, file), 'utf8'));

    expect(report).toMatchObject({
      schema: 'airlock.report/1',
      source: { converter: { name: 'wats-wsjf' }, submittedBy: 'local', file: path.basename(sample) },
    });
    expect(line).toMatchObject({ schemaVersion: 1, file: sample, converter: { name: 'wats-wsjf', version: '1.0.0' } });
  });

  it('reads standard input under the name that is given', async () => {
    const { home } = shared;

    const { exitCode, stdout } = await home.airlock(['submit', '-', '--name', 'a.json', '--wait', '--json'], {
      stdin: canonicalReport(),
    });

    expect(exitCode).toBe(0);
    expect(documents(stdout)[0]).toMatchObject({ file: '-', state: 'converted' });
  });

  it('submits once however often it is run with the same idempotency key, and refuses the key for other bytes', async () => {
    const { home } = shared;
    const key = randomUUID();
    const send = (text: string) => home.airlock(['submit', '-', '--json', '--idempotency-key', key], { stdin: text });

    const first = documents((await send(canonicalReport())).stdout)[0];
    const second = documents((await send(canonicalReport())).stdout)[0];
    const other = await send(canonicalReport('SN-2'));

    expect(second?.['submissionId']).toBe(first?.['submissionId']);
    expect(other.exitCode).toBe(1);
    expect(documents(other.stdout)[0]).toMatchObject({ state: 'refused', error: { code: 'conflict' } });
  });

  it('rejects what is no report, says what was tried, and exits with 65', async () => {
    const { home } = shared;

    const { exitCode, stdout } = await home.airlock(['submit', '-', '--name', 'notes.txt', '--wait', '--json'], {
      stdin: 'just some words',
    });

    expect(exitCode).toBe(65);
    expect(documents(stdout)[0]).toMatchObject({
      state: 'rejected',
      reports: [],
      error: { code: 'converter_refused' },
    });
  });

  it('rejects a broken canonical report with the place, and exits with 65', async () => {
    const { home } = shared;
    const broken = canonicalReport().replace('"outcome":"passed","unit"', '"outcome":"great","unit"');

    const { exitCode, stdout } = await home.airlock(['submit', '-', '--name', 'a.json', '--wait', '--json'], {
      stdin: broken,
    });

    expect(exitCode).toBe(65);
    expect(JSON.stringify(documents(stdout)[0])).toContain('outcome');
  });

  it('takes the good files and names the bad one: exit 2, 66 when there is no other', async () => {
    const { home } = shared;
    const good = path.join(home.home, 'good.json');
    writeFileSync(good, canonicalReport());

    const some = await home.airlock(['submit', good, path.join(home.home, 'missing.json'), '--wait', '--json']);
    const none = await home.airlock(['submit', path.join(home.home, 'missing.json'), '--json']);

    expect(some.exitCode).toBe(2);
    expect(
      documents(some.stdout)
        .map((line) => String(line['state']))
        .toSorted(),
    ).toEqual(['converted', 'refused']);
    expect(none.exitCode).toBe(66);
    expect(documents(none.stdout)[0]).toMatchObject({ error: { code: 'file_unreadable' } });
  });

  it('takes a file over the inline limit as it takes one at the limit', async () => {
    const { home } = shared;
    const pad = (bytes: number): string => canonicalReport().padEnd(bytes, ' ');

    const at = await home.airlock(['submit', '-', '--json'], { stdin: pad(131_072) });
    const over = await home.airlock(['submit', '-', '--json'], { stdin: pad(131_073) });

    expect([at.exitCode, over.exitCode]).toEqual([0, 0]);
  });

  it('exits with 69 when nothing runs, and with 64 for a command line that is not understood', async () => {
    await using home = await makeTestHome();

    const alone = await home.airlock(['submit', '-', '--json'], { stdin: 'x' });
    const typo = await home.airlock(['sumbit', '--json']);

    expect(alone.exitCode).toBe(69);
    expect(documents(alone.stdout)).toEqual([
      { schemaVersion: 1, error: expect.objectContaining({ code: 'not_running', retryable: true }) },
    ]);
    expect(typo.exitCode).toBe(64);
    expect(documents(typo.stdout)).toEqual([{ schemaVersion: 1, error: expect.objectContaining({ code: 'usage' }) }]);
    expect(typo.stdout).toContain('submit');
  });
});

describe('a queue at its limit', () => {
  it('takes the last one that fits, refuses the next with 75 and a time, and loses nothing', async () => {
    await using home = await makeTestHome();
    await home.configure({ queue: { maxItems: 2 }, destinations: { folder: { type: 'directory', enabled: false } } });
    await home.start();
    const send = (serial: string) =>
      home.airlock(['submit', '-', '--name', 'a.json', '--json'], { stdin: canonicalReport(serial) });

    const codes = [(await send('1')).exitCode, (await send('2')).exitCode];
    const over = await send('3');
    await using client = await home.connect();
    const list = await client.call('submission/list', {});
    const stats = await client.call('queue/stats', {});

    expect(codes).toEqual([0, 0]);
    expect(over.exitCode).toBe(75);
    expect(documents(over.stdout)[0]).toMatchObject({
      error: { code: 'queue_full', retryable: true, retryAfterMs: expect.any(Number) },
    });
    expect(list.items).toHaveLength(2);
    expect(stats).toMatchObject({ items: 2, maxItems: 2, refusals: { count: 1 } });
  });
});
