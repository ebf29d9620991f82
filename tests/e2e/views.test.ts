import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { canonicalReport, documents } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const shared = shareDaemon();

it('submission and report list and show tell what became of files, for people and as documents', async () => {
  const { home } = shared;
  const sent = await home.airlock(['submit', '-', '--name', 'a.json', '--wait', '--json'], {
    stdin: canonicalReport(),
  });
  await home.airlock(['submit', '-', '--name', 'notes.txt', '--wait'], { stdin: 'just some words' });
  const [line] = documents(sent.stdout) as { submissionId: string; reports: { id: string }[] }[];
  const [reportId = ''] = line?.reports.map(({ id }) => id) ?? [];

  const submissions = documents((await home.airlock(['submission', 'list', '--json'])).stdout);
  const page = documents((await home.airlock(['submission', 'list', '--limit', '1', '--json'])).stdout);
  const rejected = documents((await home.airlock(['submission', 'list', '--state', 'rejected', '--json'])).stdout);
  const shown = await home.airlock(['submission', 'show', line?.submissionId ?? '']);
  const reports = documents((await home.airlock(['report', 'list', '--json'])).stdout);
  const report = await home.airlock(['report', 'show', reportId]);

  expect(submissions.map(({ name, state }) => [name, state])).toEqual([
    ['notes.txt', 'rejected'],
    ['a.json', 'converted'],
  ]);
  expect(page).toEqual([
    expect.objectContaining({ name: 'notes.txt' }),
    { schemaVersion: 1, nextCursor: expect.any(String) },
  ]);
  expect(rejected).toEqual([expect.objectContaining({ name: 'notes.txt' })]);
  expect(shown.stdout).toContain(`report ${reportId} passed, delivered to folder`);
  expect(reports).toEqual([expect.objectContaining({ reportId, state: 'delivered', serialNumber: 'SN-1' })]);
  expect(report.stdout).toContain('folder: delivered, 1 requests, 0 failures');
});

it('what does not exist ends with 1 and not_found', async () => {
  const { home } = shared;

  const { exitCode, stdout } = await home.airlock(['submission', 'show', randomUUID(), '--json']);

  expect(exitCode).toBe(1);
  expect(documents(stdout)).toEqual([{ schemaVersion: 1, error: expect.objectContaining({ code: 'not_found' }) }]);
});

it('queue stats, rpc and describe answer from the daemon', async () => {
  const { home } = shared;

  const stats = await home.airlock(['queue', 'stats', '--json']);
  const ping = await home.airlock(['rpc', 'ping', '--json']);
  const wrong = await home.airlock(['rpc', 'submission/get', '{"submissionId":"x"}', '--json']);
  const described = await home.airlock(['describe', '--json']);

  expect(documents(stats.stdout)[0]).toMatchObject({ schemaVersion: 1, items: expect.any(Number), maxItems: 10_000 });
  expect(documents(ping.stdout)[0]).toMatchObject({ schemaVersion: 1, uptimeMs: expect.any(Number) });
  expect(wrong.exitCode).toBe(64);
  expect(documents(wrong.stdout)[0]).toMatchObject({
    error: { code: 'invalid_params', details: [{ path: ['submissionId'] }] },
  });
  expect(documents(described.stdout)[0]).toMatchObject({ protocol: { min: 1, max: 1 } });
});
