// One runner: starts sealed, takes one job at a time, holds its deadlines, and is killed at anything that is not clean.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { DATA_BYTES, FRAME_IN, FRAME_OUT, type JobMessage, type LoadMessage, type ObservedWalls } from './channel.ts';
import { broken, type ConversationStep, makeConversation } from './conversation.ts';
import type { ConversionJob, ConversionSink } from './job.ts';
import { isUtf8 } from 'node:buffer';
import { toRunnerLimits, wallMsOf } from './job-limits.ts';
import { parseReady } from './messages.ts';
import type { ConversionOutcome, LimitName } from './outcome.ts';
import { type ProcessEnd, type RunnerProcess, spawnRunner } from './runner-process.ts';
import type { Command } from './walls/environment.ts';

/** How a job ended on a runner. */
export type RunnerEnd = {
  readonly outcome: ConversionOutcome;
  /** May this runner take another job? If not, it was killed. */
  readonly isClean: boolean;
  /** It died by a signal before it got input or gave anything: the job may be tried once more. */
  readonly mayRetry: boolean;
};

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
};

/** What a runner is started with. */
export type RunnerStart = {
  readonly command: Command;
  readonly heapBytes: number;
  /** The bundled guest script. */
  readonly guest: string;
};

const START_MS = 15_000;
/** On top of `limits.load`: for making the isolate and for a machine that is busy. */
const LOAD_GRACE_MS = 1_000;

const toJson = (message: object): Buffer => Buffer.from(JSON.stringify(message), 'utf8');

function loadMessage({ converter }: ConversionJob, { guest, heapBytes }: RunnerStart): LoadMessage {
  return { guest, heapBytes, entry: converter.entry, files: Object.fromEntries(converter.files) };
}

function jobMessage({ converter, input, limits, station, nowUnixMs, seed, ...job }: ConversionJob): JobMessage {
  return {
    input: { name: input.name, size: input.bytes.length, mode: converter.input },
    encoding: converter.encoding,
    isUtf8: converter.encoding === 'auto' && converter.input !== 'bytes' && isUtf8(input.bytes),
    arguments: job.arguments,
    station,
    nowUnixMs,
    seed,
    limits: toRunnerLimits(limits, input.bytes.length),
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
    void process.closed.then(({ signal }) => fail(signal));
    process.listen({
      onFrame: ({ type, payload }) => {
        const ready = type === FRAME_OUT.ready ? parseReady(payload) : null;
        if (ready === null) return fail('its first frame is not ready');
        timer[Symbol.dispose]();
        process.listen(null);
        resolve(ready.observed);
      },
      onBroken: fail,
    });
  });
}

type Exchange = { readonly runner: RunnerProcess; readonly clock: Clock; readonly jobId: number };

/** One job on one process, from `job` to its end. */
function exchange({ runner, clock, jobId }: Exchange, job: ConversionJob, sink: ConversionSink, signal: AbortSignal) {
  return new Promise<RunnerEnd>((resolve, reject) => {
    const conversation = makeConversation({ monotonicMs: clock.monotonicMs, sink }, { job, jobId });
    const { bytes } = job.input;
    let phaseBegunMs = clock.monotonicMs();
    let sentBytes = 0;
    let isEofSent = false;
    let isSettled = false;

    function settle(finish: () => void): void {
      if (isSettled) return;
      isSettled = true;
      deadline[Symbol.dispose]();
      signal.removeEventListener('abort', onAbort);
      runner.listen(null);
      finish();
    }

    function end(outcome: ConversionOutcome, isClean: boolean, mayRetry = false): void {
      if (!isClean) runner.kill();
      settle(() => resolve({ outcome, isClean, mayRetry }));
    }

    function fail(reason: unknown): void {
      runner.kill();
      settle(() => reject(reason));
    }

    function arm(limit: LimitName, allowedMs: number, graceMs: number): Disposable {
      phaseBegunMs = clock.monotonicMs();
      return clock.after(allowedMs + graceMs, () =>
        end({ kind: 'stopped', limit, used: clock.monotonicMs() - phaseBegunMs, allowed: allowedMs }, false),
      );
    }

    function onPull(): void {
      if (isEofSent) return onStep(broken());
      const payload = bytes.subarray(sentBytes, sentBytes + DATA_BYTES);
      sentBytes += payload.length;
      isEofSent = payload.length === 0;
      runner.send({ type: isEofSent ? FRAME_IN.eof : FRAME_IN.data, job: jobId, payload });
    }

    function onStep(step: ConversationStep): void {
      if (step.kind === 'pull') onPull();
      else if (step.kind === 'end') end(step.outcome, step.isClean);
      else if (step.kind === 'started') {
        deadline[Symbol.dispose]();
        deadline = arm('wall', wallMsOf(job.limits, bytes.length), 0);
      }
    }

    const onAbort = (): void => fail(signal.reason);
    let deadline = arm('load', job.limits.load, LOAD_GRACE_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    void runner.closed.then(({ signal: name, isSignal }) =>
      end({ kind: 'crashed', signal: name }, false, isSignal && sentBytes === 0 && !conversation.hasEffects()),
    );
    runner.listen({
      onFrame: (frame) => {
        try {
          onStep(conversation.onFrame(frame));
        } catch (error) {
          fail(error);
        }
      },
      onBroken: () => onStep(broken()),
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
  let lastJobId = 0;

  return {
    pid: process.pid,
    heapBytes: start.heapBytes,
    startedAtMs: clock.monotonicMs(),
    observed,
    convert: (job, sink, { signal }) => {
      signal.throwIfAborted();
      lastJobId += 1;
      const jobId = lastJobId;
      const done = exchange({ runner: process, clock, jobId }, job, sink, signal);
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
  };
}
