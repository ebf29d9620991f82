// One runner: starts sealed, takes one job at a time, holds its deadlines, and is killed at anything that is not clean.

import { isUtf8 } from 'node:buffer';
import { randomInt } from 'node:crypto';
import { bodySize } from '../core/body.ts';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { FRAME_IN, FRAME_OUT, type JobMessage, type LoadMessage, type ObservedWalls } from './channel.ts';
import { exchange, type RunnerEnd } from './exchange.ts';
import type { ConversionJob, ConversionSink } from './job.ts';
import { inlineBytes } from './inline-bytes.ts';
import { toRunnerLimits } from './job-limits.ts';
import { parseReady } from './messages.ts';
import { type ProcessEnd, type RunnerProcess, spawnRunner } from './runner-process.ts';
import type { Command } from './walls/environment.ts';

/** A started runner. */
export type Runner = {
  readonly pid: number;
  /** Memory class, fixed at its start. */
  readonly heapBytes: number;
  readonly startedAtMs: number;
  /** What it saw, when it was started to look. */
  readonly observed: ObservedWalls | null;
  /** Run a job. Rejects with `signal.reason` when aborted, or with what the sink threw; the runner is killed then. */
  readonly convert: (
    job: ConversionJob,
    sink: ConversionSink,
    options: { readonly signal: AbortSignal },
  ) => Promise<RunnerEnd>;
  readonly kill: () => void;
  readonly isKilled: () => boolean;
  readonly closed: Promise<ProcessEnd>;
  /** The first of what it wrote to standard error: for the log only. */
  readonly stderr: () => string;
};

/** What a runner is started with. */
export type RunnerStart = {
  readonly command: Command;
  readonly heapBytes: number;
  /** The bundled guest script. */
  readonly guest: string;
};

const START_MS = 15_000;
/** Ids of jobs are 32 bits on the wire; randomInt allows a range below 2⁴⁸. */
const JOB_IDS = 2 ** 32;

const toJson = (message: object): Buffer => Buffer.from(JSON.stringify(message), 'utf8');

function loadMessage({ converter }: ConversionJob, { guest, heapBytes }: RunnerStart): LoadMessage {
  return { guest, heapBytes, entry: converter.entry, files: Object.fromEntries(converter.files) };
}

function jobMessage({ converter, input, limits, station, nowUnixMs, seed, ...job }: ConversionJob): JobMessage {
  return {
    input: { name: input.name, size: bodySize(input.body), mode: converter.input },
    encoding: converter.encoding,
    isUtf8: converter.encoding === 'auto' && converter.input !== 'bytes' && isUtf8(inlineBytes(input.body)),
    arguments: job.arguments,
    station,
    nowUnixMs,
    seed,
    limits: toRunnerLimits(limits, bodySize(input.body)),
  };
}

function readyWithin(clock: Clock, process: RunnerProcess): Promise<ObservedWalls | null> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      timer[Symbol.dispose]();
      process.kill();
      const cause = new Error(`runner ${process.pid}: ${reason}: ${process.stderr()}`);
      reject(new AirlockError('unavailable', 'Cannot start a sealed runner: it does not get ready', { cause }));
    };
    const timer = clock.after(START_MS, () => fail(`silent for ${START_MS} ms`));
    process.listen({
      onFrame: ({ type, payload }) => {
        const ready = type === FRAME_OUT.ready ? parseReady(payload) : null;
        if (ready === null) return fail('its first frame is not ready');
        timer[Symbol.dispose]();
        process.listen(null);
        resolve(ready.observed);
      },
      onBroken: fail,
      onClosed: ({ signal }) => fail(signal),
    });
  });
}

/**
 * Start a sealed runner and wait until it is ready.
 *
 * @param deps - Clock.
 * @param start - Command, memory class, guest script.
 * @throws {AirlockError} unavailable when it dies or stays silent; the cause has its standard error.
 */
export async function startRunner(deps: { readonly clock: Clock }, start: RunnerStart): Promise<Runner> {
  const { clock } = deps;
  const process = spawnRunner(deps, start.command);
  const observed = await readyWithin(clock, process);
  let loaded: string | null = null;

  return {
    pid: process.pid,
    heapBytes: start.heapBytes,
    startedAtMs: clock.monotonicMs(),
    observed,
    convert: (job, sink, { signal }) => {
      signal.throwIfAborted();
      // Trust: a runner that could guess the next id could answer a job before it is asked.
      const jobId = randomInt(1, JOB_IDS);
      const done = exchange({ process, clock, sink }, { job, jobId }, { signal });
      if (loaded !== job.converter.sha256) {
        process.send({ type: FRAME_IN.load, job: 0, payload: toJson(loadMessage(job, start)) });
        loaded = job.converter.sha256;
      }
      process.send({ type: FRAME_IN.job, job: jobId, payload: toJson(jobMessage(job)) });
      return done;
    },
    kill: process.kill,
    isKilled: process.isKilled,
    closed: process.closed,
    stderr: process.stderr,
  };
}
