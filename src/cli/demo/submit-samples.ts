// Sends the samples over the real socket and follows them to their end.

import type { Client } from '../../client/connect.ts';
import { AirlockError } from '../../core/errors.ts';
import { type Sent, sendFiles } from '../commands/submit.ts';
import { type NewestSubmissions, openFollower } from '../submit/follow.ts';
import { type SubmitLine, toRefusedLine, toSubmitLine } from '../submit/result.ts';
import type { Sample } from './samples.ts';

const WORK_MS = 180_000;
const FIXED = {
  waitMs: null,
  idempotencyKey: null,
  priority: null,
  stdin: process.stdin,
};

/** What became of one sample. */
export type SampleLine = SubmitLine & { readonly expected: string };

/** How far it is; the signal gives up. */
export type SubmitSamplesOptions = {
  readonly signal: AbortSignal;
  readonly tell: (words: string) => void;
};

async function sendAll(
  client: Client,
  samples: readonly Sample[],
  { tell, signal }: SubmitSamplesOptions,
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  for (const { file, ...sample } of samples) {
    signal.throwIfAborted();
    tell(`sending ${sample.name}`);
    // No converter is named: that the right one is found is part of what is shown.
    sent.push(...(await sendFiles(client, { ...FIXED, ...sample, converter: null, files: [file] })));
  }
  return sent;
}

/**
 * Send every sample and wait for its end.
 *
 * @param client - A connection with `submit` and `read`.
 * @returns One line per sample, in order.
 * @throws `signal.reason` when aborted.
 */
export async function submitSamples(
  client: Client,
  samples: readonly Sample[],
  options: SubmitSamplesOptions,
): Promise<readonly SampleLine[]> {
  await using follower = await openFollower(client);
  const sent = await sendAll(client, samples, options);
  const ids = sent.flatMap((item) => (item.kind === 'taken' ? [item.accepted.submissionId] : []));
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(WORK_MS)]);
  const onChange = ({ name, state }: { name: string; state: string }): void => options.tell(`${name}: ${state}`);
  const newest: NewestSubmissions = new Map();
  await follower.wait(ids, { signal, onChange, newest });
  options.signal.throwIfAborted();
  return sent.map((item, index) => {
    const sample = samples[index];
    const name = sample?.name ?? item.file;
    const expected = sample?.converter ?? '';
    if (item.kind === 'refused') return { ...toRefusedLine(name, item.error), expected };
    const submission = newest.get(item.accepted.submissionId);
    if (submission === undefined) throw new AirlockError('internal', `Cannot tell what became of ${name}: no answer`);
    return { ...toSubmitLine(name, submission), expected };
  });
}

/**
 * What is not as it should be; empty = all of it worked.
 *
 * @param lines - One per sample.
 * @param delivered - Report files that really lie in the folder.
 */
export function faultsOf(lines: readonly SampleLine[], delivered: number): readonly string[] {
  const reports = lines.flatMap((line) => line.reports);
  const faults = lines.flatMap(({ file, state, error, converter, expected }) => {
    if (state !== 'converted') return [`${file} is ${state}: ${error?.message ?? ''}`];
    const taken = converter?.name ?? 'nobody';
    return taken === expected ? [] : [`${file} was taken by ${taken}, not by ${expected}`];
  });
  const stuck = reports.filter(({ state }) => state !== 'delivered');
  if (stuck.length > 0) faults.push(`${stuck.length} reports were not delivered`);
  if (delivered !== reports.length)
    faults.push(`${reports.length} reports were made, ${delivered} files lie in the folder`);
  return faults;
}
