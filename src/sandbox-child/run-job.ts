// One job in one context: load the converter, run it, name its end.

import type { GuestFile, GuestJob } from '../guest/host.ts';
import {
  cutToBytes,
  ERROR_FIELD_BYTES,
  type FailMessage,
  type FileMessage,
  type JobMessage,
  type LoadMessage,
} from '../sandbox/channel.ts';
import type { HostFunctions } from './host-functions.ts';
import { callGuest, type GuestArgument, type GuestValue } from './isolate.ts';
import { toIsolateFailure } from './isolate-failure.ts';
import { type LoadDeps, loadConverter, toFail } from './load-converter.ts';

/** How a job ended inside the runner. */
export type JobEnd = { readonly kind: 'done' } | FailMessage;

/** What one job works with. */
export type JobDeps = LoadDeps & {
  readonly host: HostFunctions;
  /** Called when the converter's modules have run and `convert` is about to. */
  readonly onStarted: () => void;
};

const PENDING: FailMessage = {
  kind: 'failed',
  name: 'Error',
  message: 'Cannot finish the conversion: the promise of convert() never settles',
  stack: '',
};

const field = (text: unknown, maxBytes: number): string =>
  typeof text === 'string' ? cutToBytes(text, Math.min(maxBytes, ERROR_FIELD_BYTES)) : '';

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** Trust: the text was written inside the wall, by the library if all is well. */
function readEnd(text: string, { limits }: JobMessage): JobEnd | { readonly kind: 'pending' } {
  const end: Readonly<Record<string, unknown>> = JSON.parse(text) as Record<string, unknown>;
  const reason = field(end['reason'], limits.errorTextBytes);
  switch (end['kind']) {
    case 'pending':
    case 'done':
      return { kind: end['kind'] };
    case 'skipped':
      return { kind: 'skipped', reason };
    case 'rejected':
      return { kind: 'rejected', reason, line: numberOrNull(end['line']), column: numberOrNull(end['column']) };
    case 'suspended':
      return { kind: 'suspended', reason, afterMs: numberOrNull(end['afterMs']) };
    default:
      return {
        kind: 'failed',
        name: field(end['name'], limits.errorTextBytes),
        message: field(end['message'], limits.errorTextBytes),
        stack: field(end['stack'], limits.errorStackBytes),
      };
  }
}

function guestJob(job: JobMessage): string {
  const { mode, station, nowUnixMs, seed, limits } = job;
  const toFile = ({ name, size }: FileMessage): GuestFile => ({ name, size, mode });
  return JSON.stringify({
    input: toFile(job.input),
    companions: job.companions.map(toFile),
    arguments: job.arguments,
    station,
    nowUnixMs,
    seed,
    limits: { errorText: limits.errorTextBytes, errorStack: limits.errorStackBytes, logLine: limits.logLineBytes },
  } satisfies GuestJob);
}

function run({ realm, host, monotonicMs }: JobDeps, job: JobMessage, definition: GuestValue): JobEnd {
  const begunMs = monotonicMs();
  const leftMs = (): number => job.limits.cpuMs - (monotonicMs() - begunMs);
  const functions: readonly GuestArgument[] = [host.pull, host.part, host.attach, host.log, host.progress].map(
    (callback) => ({ callback }),
  );
  const given = [...functions, { value: definition }, guestJob(job)];
  const first = readEnd(callGuest(realm.start, given, { timeoutMs: leftMs() }), job);
  if (first.kind !== 'pending') return first;
  const second = readEnd(callGuest(realm.poll, [], { timeoutMs: leftMs() }), job);
  return second.kind === 'pending' ? PENDING : second;
}

/**
 * Run one job to its end. The context is used up afterwards.
 *
 * @param deps - Isolate, a prepared realm, and the host functions.
 * @param job - What the daemon sent.
 * @param files - The converter, as loaded.
 * @throws what neither isolated-vm nor the guest is known to throw: then the runner must die.
 */
export function runJob(deps: JobDeps, job: JobMessage, files: LoadMessage): JobEnd {
  const { nowUnixMs, seed, limits } = job;
  const begunMs = deps.monotonicMs();
  const loading = loadConverter(deps, files, { loadMs: limits.loadMs, nowUnixMs, seed });
  if (loading.kind !== 'loaded') return loading;
  deps.onStarted();
  try {
    return run(deps, job, loading.definition);
  } catch (error) {
    const usedMs = deps.monotonicMs() - begunMs;
    const stopped: FailMessage = { kind: 'stopped', limit: 'cpu', used: usedMs, allowed: limits.cpuMs };
    return toFail(toIsolateFailure(error), stopped, files.heapBytes);
  }
}
