import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/client/connect.ts';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, documents } from '../support/e2e.ts';

/** As `ipc.rate` has it where nobody sets it: the other end-to-end tests switch the limit of `calls` off. */
const DEFAULT_RATES = ['--set', 'ipc.rate.calls.perMinute=100'];
const CALLS_BURST = 20;
const FILES = 300;

/** So many quick calls at once, as a script without any pause makes them. */
function callAtOnce(client: Client, count: number): Promise<readonly { readonly bootId: string }[]> {
  return Promise.all(Array.from({ length: count }, () => client.call('status/get', {})));
}

describe('at the default rates', () => {
  it(`a burst of ${FILES} files through airlock submit is taken whole`, async () => {
    await using home = await makeTestHome();
    await home.start(DEFAULT_RATES);
    const folder = path.join(home.home, 'burst');
    mkdirSync(folder);
    const files = Array.from({ length: FILES }, (_, n) => path.join(folder, `${n}.json`));
    for (const [n, file] of files.entries()) writeFileSync(file, canonicalReport(`SN-${n}`));

    const { exitCode, stdout, stderr } = await home.airlock(['submit', '--wait', '--json', ...files]);
    const lines = documents(stdout);

    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(new Set(lines.map((line) => line['file']))).toEqual(new Set(files));
    expect(lines).toHaveLength(FILES);
    expect(new Set(lines.map((line) => line['submissionId'])).size).toBe(FILES);
    expect(new Set(lines.map((line) => line['state']))).toEqual(new Set(['converted']));
  });

  it('a script of quick calls on two connections of one key is slowed down, and every call succeeds', async () => {
    await using home = await makeTestHome();
    await home.start(DEFAULT_RATES);
    await using one = await home.connect();
    await using other = await home.connect();
    const started = performance.now();

    // Neither knows of the other's calls: the server turns some away, and they come back when it said.
    const answers = await Promise.all([callAtOnce(one, CALLS_BURST), callAtOnce(other, 5)]);

    const { capacity, refillPerSecond } = one.rate.calls ?? { capacity: 0, refillPerSecond: 0 };
    const slowestMs = ((CALLS_BURST + 5 - capacity) / refillPerSecond) * 1000;
    expect(capacity).toBe(CALLS_BURST);
    expect(answers.flat()).toHaveLength(CALLS_BURST + 5);
    expect(new Set(answers.flat().map(({ bootId }) => bootId)).size).toBe(1);
    expect(performance.now() - started).toBeGreaterThanOrEqual(slowestMs * 0.9);
  });

  it('a script that submits more than the burst loses nothing', async () => {
    await using home = await makeTestHome();
    await home.start(DEFAULT_RATES);
    await using client = await home.connect('submit');
    const count = (client.rate.submit?.capacity ?? 0) + 50;
    const submit = (n: number) =>
      client.call('report/submit', {
        name: `${n}.json`,
        content: canonicalReport(`SN-${n}`),
        idempotencyKey: crypto.randomUUID(),
      });
    const ids: string[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) ids.push((await submit((next += 1))).submissionId);
    };

    await Promise.all(Array.from({ length: 16 }, lane));

    expect([count, new Set(ids).size]).toEqual([550, 550]);
  });
});
