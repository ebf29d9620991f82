// The pool of sealed runners: one call per conversion, whatever the converter does.

import { availableParallelism } from 'node:os';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import type { SandboxConfig } from '../config/schema/sandbox.ts';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { makeSemaphore } from '../core/semaphore.ts';
import { findAddon } from './addon.ts';
import type { SealedBundle } from './bundle.ts';
import type { RunnerEnd } from './exchange.ts';
import { Fleet, type RunnerNeed } from './fleet.ts';
import { openInputs } from './inputs.ts';
import type { ConversionJob, ConversionSink, Pool, ProbeJob, ProbeOutcome } from './job.ts';
import { heapBytesOf } from './job-limits.ts';
import { makeMemoryGate, type MemoryGate } from './memory-gate.ts';
import type { ConversionOutcome } from './outcome.ts';
import { type Runner, startRunner } from './runner.ts';
import { composeCommand, type RunnerSpec, type WallTools } from './walls/compose.ts';
import type { RunnerFiles } from './walls/environment.ts';
import { processMemoryBytes } from './walls/limits.ts';
import { findTools, probeWalls } from './walls/probe.ts';

/** What a pool works with. */
export type PoolDeps = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly bundle: SealedBundle;
  /** Node that runs the sealed files; default: the one that runs this. */
  readonly nodePath?: string;
  /** Replaces the tools that would be found; tests pass fewer. */
  readonly tools?: WallTools;
};

/** Jobs that may wait for a runner. Source: sandbox.md 2. */
const WAITING_MAX = 64;
const RUNNERS_MAX = 4;

function sizeOf(runners: SandboxConfig['runners']): number {
  return runners === 'auto' ? Math.max(1, Math.min(availableParallelism() - 1, RUNNERS_MAX)) : runners;
}

type Launch = {
  readonly clock: Clock;
  readonly bundle: SealedBundle;
  readonly files: RunnerFiles;
};

function launch({ clock, bundle, files }: Launch, tools: WallTools, spec: RunnerSpec) {
  const command = composeCommand(tools, files, spec);
  return startRunner({ clock }, { command, heapBytes: spec.heapBytes, guest: bundle.guest });
}

async function look(deps: Launch, tools: WallTools, heapBytes: number) {
  const runner = await launch(deps, tools, { heapBytes, observe: true });
  const { observed } = runner;
  if (observed !== null) return { runner, observed };
  runner.kill();
  await runner.closed;
  throw new AirlockError('unavailable', 'Cannot probe the walls: a runner saw nothing');
}

type Running = { readonly fleet: Fleet; readonly memory: MemoryGate; readonly log: Logger };

type Run<Outcome> = (runner: Runner) => Promise<RunnerEnd<Outcome>>;

type Turn = { readonly need: RunnerNeed; readonly name: string; readonly signal: AbortSignal };

function heapAfter(outcome: ConversionOutcome | ProbeOutcome): number {
  return outcome.kind === 'converted' ? outcome.used.heapBytes : 0;
}

async function runOnce<Outcome extends ConversionOutcome | ProbeOutcome>(
  { fleet, memory, log }: Running,
  { need, name, signal }: Turn,
  run: Run<Outcome>,
): Promise<RunnerEnd<Outcome>> {
  using _room = await memory.admit(processMemoryBytes(need.heapBytes), { signal });
  const slot = await fleet.acquire(need);
  let isClean = false;
  let heapBytes = 0;
  try {
    // Race: the caller may have given up while a runner was being started; nothing has run on it then.
    isClean = signal.aborted;
    signal.throwIfAborted();
    const end = await run(slot.runner);
    isClean = end.isClean;
    heapBytes = heapAfter(end.outcome);
    return end;
  } finally {
    if (!isClean) log.debug({ converter: name, pid: slot.runner.pid }, 'a runner is replaced');
    fleet.release(slot, { isClean, heapBytes });
  }
}

async function runTwice<Outcome extends ConversionOutcome | ProbeOutcome>(
  running: Running,
  turn: Turn,
  run: Run<Outcome>,
): Promise<Outcome> {
  const first = await runOnce(running, turn, run);
  if (!first.mayRetry) return first.outcome;
  running.log.warn({ converter: turn.name }, 'a runner died before it read its input: trying once more');
  return (await runOnce(running, turn, run)).outcome;
}

async function convert(
  running: Running,
  job: ConversionJob,
  sink: ConversionSink,
  signal: AbortSignal,
): Promise<ConversionOutcome> {
  const opening = await openInputs(job, { signal });
  if (opening.kind === 'changed') return { kind: 'rejected', reason: opening.reason, line: null, column: null };
  await using inputs = opening.inputs;
  const need = { converter: job.converter, heapBytes: heapBytesOf(job) };
  return await runTwice(running, { need, name: job.converter.name, signal }, (runner) =>
    runner.convert(job, { sink, inputs }, { signal }),
  );
}

async function probe(running: Running, job: ProbeJob, signal: AbortSignal): Promise<ProbeOutcome> {
  // A head is small whatever the converter wants of a file, and the runner that holds it for conversions is left as it is.
  const need = { converter: job.converter, heapBytes: job.limits.heapStream };
  return await runTwice(running, { need, name: job.converter.name, signal }, (runner) => runner.probe(job, { signal }));
}

/**
 * Start the pool: the first runner tries the walls before it waits for guests.
 *
 * The owner disposes it: every runner is killed, and nothing is left when that settles.
 *
 * @param deps - See {@link PoolDeps}.
 * @param config - Size, recycling, memory of all that run, and the default limits (their `heapStream` is the memory class of spares).
 * @throws {AirlockError} unavailable when isolated-vm does not fit, or no runner starts.
 */
export async function startPool(
  deps: PoolDeps,
  config: Pick<SandboxConfig, 'runners' | 'recycle' | 'limits' | 'memory'>,
): Promise<Pool> {
  const { clock, log, bundle } = deps;
  // Order: the kernel kills a runner when the thread that spawned it ends (walls/privileges.ts).
  if (!isMainThread) throw new AirlockError('unavailable', 'Cannot start the pool: only the main thread may spawn');
  const files = { node: deps.nodePath ?? process.execPath, runner: bundle.runnerPath, addon: await findAddon() };
  const launching: Launch = { clock, bundle, files };
  const heapBytes = config.limits.heapStream;
  const { tools, walls, looker } = await probeWalls(
    { log, look: (tried) => look(launching, tried, heapBytes) },
    deps.tools ?? (await findTools(files)),
    { heapBytes },
  );

  const size = sizeOf(config.runners);
  const fleet = new Fleet(
    { clock, log, start: (heap) => launch(launching, tools, { heapBytes: heap, observe: false }) },
    { size, recycle: config.recycle, spareHeapBytes: heapBytes },
  );
  fleet.adopt(looker.runner);
  const running: Running = { fleet, memory: makeMemoryGate(config.memory), log };
  const permits = makeSemaphore(size);
  const closing = new AbortController();
  let waiting = 0;

  /** Wait for a permit, run, and give it back. */
  async function admitted<T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (waiting >= WAITING_MAX + size)
      throw new AirlockError('queue_full', `Cannot convert: ${WAITING_MAX} conversions wait for a runner already`, {
        data: { limit: WAITING_MAX },
      });
    waiting += 1;
    try {
      const either = AbortSignal.any([signal, closing.signal]);
      using _permit = await permits.acquire({ signal: either });
      return await run(either);
    } finally {
      waiting -= 1;
    }
  }

  return {
    walls,
    runners: () => ({ size, ...fleet.counts() }),
    convert: (job, sink, { signal }) => admitted(signal, (either) => convert(running, job, sink, either)),
    probe: (job, { signal }) => admitted(signal, (either) => probe(running, job, either)),
    [Symbol.asyncDispose]: () => {
      // Order: conversions end as aborted before their runners die, so that no converter is blamed for the shutdown.
      closing.abort(new AirlockError('shutting_down', 'Cannot finish the conversion: the pool is being closed'));
      return fleet[Symbol.asyncDispose]();
    },
  };
}
