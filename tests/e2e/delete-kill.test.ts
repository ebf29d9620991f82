import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, until } from '../support/e2e.ts';

/** More than `submission/delete` takes in one transaction. */
const COUNT = 25;

/** Over 128 KiB as a file and as a report: both bodies lie in files. */
function largeText(serialNumber: string): string {
  const report = JSON.parse(canonicalReport(serialNumber));
  const steps = Array.from({ length: 1_000 }, () => ({ name: 'x'.repeat(110), kind: 'action', outcome: 'passed' }));
  return JSON.stringify({ ...report, root: { ...report.root, steps } });
}

async function submitLarge(home: TestHome): Promise<void> {
  const folder = path.join(home.home, 'to-submit');
  await mkdir(folder);
  const files = Array.from({ length: COUNT }, (_, index) => path.join(folder, `${index}.json`));
  for (const [index, file] of files.entries()) await writeFile(file, largeText(`KILL-${index}`));
  expect((await home.airlock(['submit', ...files])).exitCode).toBe(0);
}

function listPayload({ places }: TestHome): readonly string[] {
  const payload = path.join(places.state, 'queue', 'payload');
  if (!existsSync(payload)) return [];
  return readdirSync(payload, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(payload, path.join(parentPath, name)))
    .toSorted();
}

/** Files that rows name, while no daemon runs. */
function listNamed({ places }: TestHome): readonly string[] {
  using database = new DatabaseSync(path.join(places.state, 'queue', 'queue.db'), { readOnly: true });
  return database
    .prepare(
      `SELECT body_file AS file FROM submission WHERE body_file IS NOT NULL
       UNION ALL SELECT file FROM report_body WHERE file IS NOT NULL`,
    )
    .all()
    .map(({ file }) => String(file))
    .toSorted();
}

it.each([
  ['submission/delete', { state: 'converted' }],
  ['queue/delete', { all: true }],
] as const)('kill -9 in the middle of %s leaves what is named and what is there the same', async (method, which) => {
  await using home = await makeTestHome();
  await home.configure({});
  const daemon = await home.start();
  await using client = await home.connect('local');
  await client.call('queue/pause', {});
  await submitLarge(home);
  const stats = () => client.call('queue/stats', {});
  await until(client, stats, ({ deliveries }) => deliveries['ready'] === COUNT);
  const wanted = { ...which, idempotencyKey: randomUUID() };

  await using deletions = await client.subscribe(['report']);
  const deleting = client.call(method, wanted).catch(() => 'cut off');
  for await (const event of deletions) if (event.topic === 'report' && event.data.state === 'deleted') break;
  await daemon.end('SIGKILL');
  await deleting;
  const named = listNamed(home);
  const found = listPayload(home);
  await home.start();
  await using after = await home.connect('local');
  const kept = listPayload(home);
  const verified = await after.call('queue/verify', {});
  await after.call(method, wanted);
  const waiting = (await after.call('queue/stats', {})).deliveries['ready'];
  await after.call('submission/delete', { state: 'converted' });

  // Order of a delete: rows first. Never a row without its file.
  expect(named.filter((file) => !found.includes(file))).toEqual([]);
  expect(kept).toEqual(named);
  expect(verified).toMatchObject({ checked: named.length, damagedCount: 0 });
  expect(waiting).toBe(0);
  expect(listPayload(home)).toEqual([]);
  expect(await after.call('queue/stats', {})).toMatchObject({ items: 0, bytes: { submissions: 0, reports: 0 } });
});
