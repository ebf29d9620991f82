// One runner: starts sealed, takes one job at a time, holds its deadlines, and is killed at anything that is not clean.

import { randomInt } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import {
  FRAME_IN,
  FRAME_OUT,
  type JobMessage,
  type LoadMessage,
  type ObservedWalls,
  type ProbeMessage,
} from './channel.ts';
import { makeConversation } from './conversation.ts';
import { exchange, type RunnerEnd } from './exchange.ts';
import { type Inputs, isUtf8Head } from './inputs.ts';
import type { ConversionJob, ConversionSink, LoadableConverter, ProbeJob, ProbeOutcome } from './job.ts';
import { inputBytesOf, toRunnerLimits } from './job-limits.ts';
import { parseReady } from './messages.ts';
import type { ConversionOutcome } from './outcome.ts';
import { makeProbeTalk, PROBE_MS } from './probe-talk.ts';
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
  /**
   * Run a conversion. Rejects with `signal.reason` when aborted, with what the sink threw, or with what reading a file threw; the
   * runner is killed then.
   */
  readonly convert: (
    job: ConversionJob,
    taken: { readonly sink: ConversionSink; readonly inputs: Inputs },
    options: { readonly signal: AbortSignal },
  ) => Promise<RunnerEnd<ConversionOutcome>>;
  /** Ask a converter about a file. Rejects with `signal.reason` when aborted; the runner is killed then. */
  readonly probe: (job: ProbeJob, options: { readonly signal: AbortSignal }) => Promise<RunnerEnd<ProbeOutcome>>;
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

/** Bytes of a file's head. Source: sandbox.md 8. */
const HEAD_BYTES = 64 * 1024;

/** Trust: a runner that could guess the next id could answer a job before it is asked. */
const makeJobId = (): number => randomInt(1, JOB_IDS);
const toJson = (message: object): Buffer => Buffer.from(JSON.stringify(message), 'utf8');

function loadMessage(converter: LoadableConverter, { guest, heapBytes }: RunnerStart): LoadMessage {
  return { guest, heapBytes, entry: converter.entry, files: Object.fromEntries(converter.files) };
}

function jobMessage(job: ConversionJob, { files: [input, ...companions] }: Inputs): JobMessage {
  const { converter, station, nowUnixMs, seed } = job;
  if (input === undefined) throw new RangeError('Cannot send a job: it has no input');
  return {
    input,
    companions,
    mode: converter.input,
    encoding: converter.encoding,
    arguments: job.arguments,
    station,
    nowUnixMs,
    seed,
    limits: toRunnerLimits(job.limits, inputBytesOf(job)),
  };
}

function probeMessage({ converter, limits, head, nowUnixMs, seed }: ProbeJob): ProbeMessage {
  const bytes = head.bytes.subarray(0, HEAD_BYTES);
  return {
    file: { name: head.name, size: head.size, isUtf8: isUtf8Head(bytes) },
    head: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
    encoding: converter.encoding,
    nowUnixMs,
    seed,
    limits: { loadMs: limits.load, probeMs: PROBE_MS, errorTextBytes: limits.errorText },
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

  function load(converter: LoadableConverter): void {
    if (loaded === converter.sha256) return;
    process.send({ type: FRAME_IN.load, job: 0, payload: toJson(loadMessage(converter, start)) });
    loaded = converter.sha256;
  }

  return {
    pid: process.pid,
    heapBytes: start.heapBytes,
    startedAtMs: clock.monotonicMs(),
    observed,
    convert: (job, { sink, inputs }, { signal }) => {
      signal.throwIfAborted();
      const jobId = makeJobId();
      const talk = makeConversation({ monotonicMs: clock.monotonicMs, sink }, { job, jobId });
      const done = exchange({ process, clock, inputs }, { talk, jobId }, { signal });
      load(job.converter);
      process.send({ type: FRAME_IN.job, job: jobId, payload: toJson(jobMessage(job, inputs)) });
      return done;
    },
    probe: (job, { signal }) => {
      signal.throwIfAborted();
      const jobId = makeJobId();
      const done = exchange({ process, clock, inputs: null }, { talk: makeProbeTalk(job, jobId), jobId }, { signal });
      load(job.converter);
      process.send({ type: FRAME_IN.probe, job: jobId, payload: toJson(probeMessage(job)) });
      return done;
    },
    kill: process.kill,
    isKilled: process.isKilled,
    closed: process.closed,
    stderr: process.stderr,
  };
}
