// One job on one process, from `job` to its end: feeds the input, holds the deadlines, settles exactly once.

import { bodySize } from '../core/body.ts';
import type { Clock } from '../core/clock.ts';
import { DATA_BYTES, FRAME_IN } from './channel.ts';
import { broken, type Conversation, type ConversationStep, makeConversation } from './conversation.ts';
import type { ConversionJob, ConversionSink } from './job.ts';
import { inlineBytes } from './inline-bytes.ts';
import { wallMsOf } from './job-limits.ts';
import type { ConversionOutcome, LimitName } from './outcome.ts';
import type { RunnerProcess } from './runner-process.ts';

/** How a job ended on a runner. */
export type RunnerEnd = {
  readonly outcome: ConversionOutcome;
  /** May this runner take another job? If not, it was killed. */
  readonly isClean: boolean;
  /** It died by a signal or broke the protocol before it got input or gave anything: the job may be tried once more. */
  readonly mayRetry: boolean;
};

/** Where a job runs. */
export type ExchangeDeps = { readonly process: RunnerProcess; readonly clock: Clock; readonly sink: ConversionSink };

/** On top of `limits.load`: for making the isolate and for a machine that is busy. */
const LOAD_GRACE_MS = 1_000;

type Feeder = {
  /** Answer one `pull`; false when the end was told already. */
  readonly feed: () => boolean;
  readonly hasSent: () => boolean;
};

function makeFeeder(process: RunnerProcess, jobId: number, bytes: Uint8Array): Feeder {
  let sentBytes = 0;
  let isEofSent = false;
  return {
    hasSent: () => sentBytes > 0,
    feed: () => {
      if (isEofSent) return false;
      const payload = bytes.subarray(sentBytes, sentBytes + DATA_BYTES);
      sentBytes += payload.length;
      isEofSent = payload.length === 0;
      process.send({ type: isEofSent ? FRAME_IN.eof : FRAME_IN.data, job: jobId, payload });
      return true;
    },
  };
}

/**
 * Watch a job that is about to be sent to a process.
 *
 * Order: call this before the job is sent; its deadline begins here.
 *
 * @param deps - Process, clock and sink.
 * @param input - The job and its id on this process.
 * @param options - `signal`: aborting kills the process and rejects with its reason.
 */
export function exchange(
  deps: ExchangeDeps,
  input: { readonly job: ConversionJob; readonly jobId: number },
  options: { readonly signal: AbortSignal },
): Promise<RunnerEnd> {
  const { process, clock, sink } = deps;
  const { job, jobId } = input;
  const { promise, resolve, reject } = Promise.withResolvers<RunnerEnd>();
  const conversation: Conversation = makeConversation({ monotonicMs: clock.monotonicMs, sink }, input);
  const feeder = makeFeeder(process, jobId, inlineBytes(job.input.body));
  const onAbort = (): void => fail(options.signal.reason);
  // Race: words that a runner said for the job before may arrive in this one, which is not to blame and runs on another process.
  const isUntouched = (): boolean => !feeder.hasSent() && !conversation.hasEffects();
  let deadline = arm('load', job.limits.load, LOAD_GRACE_MS);

  function release(): void {
    deadline[Symbol.dispose]();
    options.signal.removeEventListener('abort', onAbort);
    process.listen(null);
  }

  function end(outcome: ConversionOutcome, { isClean = false, mayRetry = false } = {}): void {
    if (!isClean) process.kill();
    release();
    resolve({ outcome, isClean, mayRetry });
  }

  function fail(reason: unknown): void {
    process.kill();
    release();
    reject(reason);
  }

  function arm(limit: LimitName, allowed: number, graceMs: number): Disposable {
    const begunMs = clock.monotonicMs();
    return clock.after(allowed + graceMs, () =>
      end({ kind: 'stopped', limit, used: clock.monotonicMs() - begunMs, allowed }),
    );
  }

  function onStep(step: ConversationStep): void {
    if (step.kind === 'end') end(step.outcome, { ...step, mayRetry: step.outcome.kind === 'crashed' && isUntouched() });
    else if (step.kind === 'pull' && !feeder.feed()) onStep(broken());
    else if (step.kind === 'started') {
      deadline[Symbol.dispose]();
      deadline = arm('wall', wallMsOf(job.limits, bodySize(job.input.body)), 0);
    }
  }

  function guarded(next: () => ConversationStep): void {
    try {
      onStep(next());
    } catch (error) {
      // The sink threw: a bug of the daemon, never of the guest.
      fail(error);
    }
  }

  options.signal.addEventListener('abort', onAbort, { once: true });
  process.listen({
    onFrame: (frame) => guarded(() => conversation.onFrame(frame)),
    onBroken: () => guarded(broken),
    onClosed: ({ signal, isSignal }) => end({ kind: 'crashed', signal }, { mayRetry: isSignal && isUntouched() }),
  });
  return promise;
}
