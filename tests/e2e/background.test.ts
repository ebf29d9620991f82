import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_LOG_BYTES } from '../../src/cli/background/daemon-log.ts';
import { makeBackgroundHome } from '../support/background.ts';
import { documents } from '../support/e2e.ts';

describe('airlock start', () => {
  it('leaves a daemon behind that answers, with a private log, and says of a running one that it runs', async () => {
    await using home = await makeBackgroundHome();

    const started = await home.airlock(['start', '--json']);
    const status = await home.airlock(['status', '--json']);
    const again = await home.airlock(['start']);

    const log = path.join(home.places.log, 'daemon.log');
    expect(started).toMatchObject({ exitCode: 0, stderr: '' });
    expect(documents(started.stdout)).toEqual([
      { schemaVersion: 1, started: true, pid: expect.any(Number), state: expect.any(String), log },
    ]);
    expect(documents(status.stdout)[0]?.['pid']).toBe(documents(started.stdout)[0]?.['pid']);
    expect((await stat(log)).mode & 0o777).toBe(0o600);
    expect(await readFile(log, 'utf8')).toContain('"msg":"ready"');
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^already running \(process \d+, \w+\)\n$/),
    });
  });

  it('twice at once gives one daemon, and both say which', async () => {
    await using home = await makeBackgroundHome();

    const both = await Promise.all([home.airlock(['start', '--json']), home.airlock(['start', '--json'])]);

    const answers = both.flatMap(({ stdout }) => documents(stdout));
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(answers.map(({ started }) => started).toSorted((a, b) => Number(a) - Number(b))).toEqual([false, true]);
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
  });

  it('ends with the daemon’s own exit code and its words when it does not come up', async () => {
    await using home = await makeBackgroundHome();
    await home.configure({ queue: { maxItems: -1 } });

    const refused = await home.airlock(['start', '--json']);

    expect(refused.exitCode).toBe(78);
    expect(documents(refused.stdout)).toMatchObject([
      { error: { code: 'config_invalid', details: [{ path: 'queue.maxItems', code: 'out_of_range' }] } },
    ]);
    expect(refused.stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  it('moves a log that has grown aside', async () => {
    await using home = await makeBackgroundHome();
    const log = path.join(home.places.log, 'daemon.log');
    await mkdir(home.places.log, { recursive: true, mode: 0o700 });
    await writeFile(log, '', { mode: 0o600 });
    await truncate(log, MAX_LOG_BYTES);

    await home.airlock(['start']);

    expect((await stat(`${log}.1`)).size).toBe(MAX_LOG_BYTES);
    expect((await stat(log)).size).toBeLessThan(MAX_LOG_BYTES);
  });
});

describe('airlock restart', () => {
  it('starts one where none runs, and another one where one runs', async () => {
    await using home = await makeBackgroundHome();

    const first = documents((await home.airlock(['restart', '--json'])).stdout);
    const second = documents((await home.airlock(['restart', '--json'])).stdout);

    expect(first).toMatchObject([{ started: true, stopped: null }]);
    expect(second).toMatchObject([{ started: true, stopped: first[0]?.['pid'] }]);
    expect(second[0]?.['pid']).not.toBe(first[0]?.['pid']);
  });
});
