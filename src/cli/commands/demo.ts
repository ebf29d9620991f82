// airlock demo: the whole way on sample files, through real processes, on a home that goes away.

import { globSync } from 'node:fs';
import path from 'node:path';
import { AirlockError } from '../../core/errors.ts';
import type { CliContext, Command } from '../context.ts';
import { connectWhenUp } from '../daemon-link.ts';
import { type PrivateDaemon, startPrivateDaemon } from '../demo/private-daemon.ts';
import { listSamples, type Sample } from '../demo/samples.ts';
import { drawTable } from '../demo/table.ts';
import { openFollower } from '../submit/follow.ts';
import { type SubmitLine, toRefusedLine, toSubmitLine } from '../submit/result.ts';
import { sendFiles } from './submit.ts';

const START_MS = 20_000;
const WORK_MS = 120_000;
const STOP_MS = 30_000;

const NEXT = `
What to try next
  npx airlock run                       a daemon of your own, in the foreground
  npx airlock submit FILE --wait        send it a file, and wait until its reports are delivered
  npx airlock status                    one screen about everything
  npx airlock doctor                    is this machine ready?`;

async function submitSamples(context: CliContext, samples: readonly Sample[]): Promise<readonly SubmitLine[]> {
  await using client = await connectWhenUp(context, { timeoutMs: START_MS });
  await using follower = await openFollower(client);
  const fixed = {
    converter: null,
    arguments: {},
    waitMs: null,
    idempotencyKey: null,
    priority: null,
    companions: [],
    stdin: process.stdin,
  };
  const sent = [];
  for (const { file, name } of samples) {
    context.output.progress(`sending ${name}`);
    sent.push(...(await sendFiles(client, { ...fixed, files: [file], name })));
  }
  const ids = sent.flatMap((item) => (item.kind === 'taken' ? [item.accepted.submissionId] : []));
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(WORK_MS)]);
  const onChange = ({ name, state }: { name: string; state: string }): void =>
    context.output.progress(`${name}: ${state}`);
  const newest = await follower.wait(ids, { signal, onChange });
  context.output.progress('');
  context.signal.throwIfAborted();
  await client.call('admin/shutdown', {});
  return sent.map((item, index) => {
    const name = samples[index]?.name ?? item.file;
    if (item.kind === 'refused') return toRefusedLine(name, item.error);
    const submission = newest.get(item.accepted.submissionId);
    if (submission === undefined) throw new AirlockError('internal', `Cannot tell what became of ${name}: no answer`);
    return toSubmitLine(name, submission);
  });
}

/** Report files that really lie in the folder where the `directory` destination writes. */
function countDelivered(daemon: PrivateDaemon): number {
  return globSync('*/*.json', { cwd: daemon.places.delivered }).length;
}

function faultsOf(lines: readonly SubmitLine[], delivered: number): readonly string[] {
  const reports = lines.flatMap((line) => line.reports);
  const faults = lines
    .filter(({ state }) => state !== 'converted')
    .map(({ file, state, error }) => `${file} is ${state}: ${error?.message ?? ''}`);
  const stuck = reports.filter(({ state }) => state !== 'delivered');
  if (stuck.length > 0) faults.push(`${stuck.length} reports were not delivered`);
  if (delivered !== reports.length)
    faults.push(`${reports.length} reports were made, ${delivered} files lie in the folder`);
  return faults;
}

/** Exit 0 only if every step happened; the temporary home is removed in any case. */
export const demo: Command<Record<string, never>> = async (context) => {
  const { output } = context;
  const samples = listSamples();
  await using daemon = await startPrivateDaemon(context.env);
  output.line(
    `airlock ${context.version} demo: ${samples.length} sample files, a daemon on ${path.basename(daemon.places.home)}`,
  );
  try {
    const lines = await submitSamples({ ...context, env: {}, places: daemon.places, key: null }, samples);
    const exitCode = await daemon.ended(STOP_MS);
    const delivered = countDelivered(daemon);
    const faults = [
      ...faultsOf(lines, delivered),
      ...(exitCode === 0 ? [] : [`the daemon ended with exit code ${exitCode}`]),
    ];
    if (output.isJson) output.document({ files: lines, delivered, faults });
    output.line(`\n${drawTable(lines)}\n\n${delivered} reports delivered to the folder destination; daemon stopped.`);
    for (const fault of faults) output.note(`not as it should be: ${fault}`);
    if (faults.length === 0) output.line(NEXT);
    return faults.length === 0 ? 0 : 1;
  } catch (error) {
    output.note(daemon.lastWords());
    throw error;
  }
};
