import { expect, it } from 'vitest';
import { ANSWERS, type Answer, type AnsweringCommand, FAILURE } from '../../src/cli/answers.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, documents, submitText, untilDelivery } from '../support/e2e.ts';

/** As the schema has it, and with nothing beside it: zod leaves out what it does not know. */
function expectToFit(name: string, { kind, schema }: Answer, stdout: string): void {
  const answers = documents(stdout);
  if (kind === 'document') expect([name, answers.length]).toEqual([name, 1]);
  for (const answer of answers) expect([name, schema.parse(answer)]).toEqual([name, answer]);
}

type Commands = readonly (readonly [AnsweringCommand, ...string[]])[];

async function runAll(home: TestHome, commands: Commands): Promise<void> {
  for (const [name, ...rest] of commands) {
    const { stdout } = await home.airlock([...name.split(' '), ...rest, '--json']);
    expectToFit(name, ANSWERS[name], stdout);
  }
}

const NONE = '00000000-0000-4000-8000-000000000000';

it('every answer with --json is as schemas/cli.v1.json says, also when a command fails', async () => {
  await using home = await makeTestHome();
  await home.start();
  await using client = await home.connect();
  const submissionId = await submitText(client, canonicalReport());
  await untilDelivery(client, submissionId, 'delivered');
  await submitText(client, 'no report', 'unknown.xyz');
  const commands: Commands = [
    ['status'],
    ['start'],
    ['wait', '--drained'],
    ['submission list', '--limit', '1'],
    ['submission show', submissionId],
    ['submission retry', NONE],
    ['report list', '--limit', '1'],
    ['queue stats'],
    ['queue list', '--state', 'delivered'],
    ['queue retry', '--all', '--dry-run'],
    ['destination list'],
    ['destination test', 'folder'],
    ['converter list'],
    ['converter check', 'csv-semicolon'],
    ['intake list'],
    ['key list'],
    ['key create', 'line-3', '--scope', 'submit,read', '--label', 'ICT'],
    ['key rotate', 'line-3'],
    ['key revoke', 'line-3'],
    ['config show', '--effective', '--origin'],
    ['config validate'],
    ['config schema'],
    ['config path'],
    ['rpc', 'ping'],
    ['version'],
    ['stop'],
  ];

  await runAll(home, commands);
  expectToFit('failure', FAILURE, (await home.airlock(['status', '--json'])).stdout);
});

it('every answer of the commands that look after a queue is as schemas/cli.v1.json says', async () => {
  await using home = await makeTestHome();
  await home.start();
  await using client = await home.connect();
  const submissionId = await submitText(client, canonicalReport());
  const { reportId } = await untilDelivery(client, submissionId, 'delivered');

  await runAll(home, [
    ['queue show', `${reportId}@folder`],
    ['queue hold', '--all', '--dry-run'],
    ['queue release', '--all', '--dry-run'],
    ['queue delete', '--all', '--dry-run'],
    ['queue purge', 'ALL', '--dry-run'],
    ['queue pause'],
    ['queue resume'],
    ['queue drain'],
    ['queue shape'],
    ['queue verify'],
    ['queue compact'],
    ['report resend', '--destination', 'folder', '--since', '2026-01-01T00:00:00Z', '--dry-run'],
    ['health'],
    ['log-level', 'debug', '--for', '1 s'],
    ['destination hold', 'folder'],
    ['destination release', 'folder'],
    ['submission delete', NONE, '--dry-run'],
  ]);
});
