// One job on one process, from its frame to its end: feeds its files, holds the deadlines, settles exactly once.

import type { Clock } from '../core/clock.ts';
import { makeFeeder } from './feeder.ts';
import type { Inputs } from './inputs.ts';
import type { RunnerProcess } from './runner-process.ts';
import { BROKEN, PROTOCOL_BROKEN, type Talk, type TalkStep } from './talk.ts';

/** How a job ended on a runner. */
export type RunnerEnd<Outcome> = {
  readonly outcome: Outcome;
  /** May this runner take another job? If not, it was killed. */
  readonly isClean: boolean;
  /** It died by a signal or broke the protocol before it got input or gave anything: the job may be tried once more. */
  readonly mayRetry: boolean;
};

/** Where a job runs. `inputs` is null for a job that reads no file. */
export type ExchangeDeps = {
  readonly process: RunnerProcess;
  readonly clock: Clock;
  readonly inputs: Inputs | null;
};

type Phase = 'load' | 'run';

function armed<Outcome>(
  clock: Clock,
  { deadlines, stopped }: Talk<Outcome>,
  { phase, onEnd }: { readonly phase: Phase; readonly onEnd: (outcome: Outcome) => void },
): Disposable {
  const begunMs = clock.monotonicMs();
  const { ms, graceMs } = deadlines[phase];
  const limit = phase === 'load' ? 'load' : 'wall';
  return clock.after(ms + graceMs, () => onEnd(stopped({ limit, used: clock.monotonicMs() - begunMs, allowed: ms })));
}

/**
 * Watch a job that is about to be sent to a process.
 *
 * Order: call this before the job is sent; its deadline begins here.
 *
 * @param deps - Process, clock and files.
 * @param input - The job's talk and its id on this process.
 * @param options - `signal`: aborting kills the process and rejects with its reason.
 */
export function exchange<Outcome>(
  deps: ExchangeDeps,
  input: { readonly talk: Talk<Outcome>; readonly jobId: number },
  options: { readonly signal: AbortSignal },
): Promise<RunnerEnd<Outcome>> {
  const { process, clock, inputs } = deps;
  const { talk, jobId } = input;
  const { promise, resolve, reject } = Promise.withResolvers<RunnerEnd<Outcome>>();
  const onChanged = (reason: string): void => end(talk.changed(reason));
  const isOpen = (): boolean => !isSettled;
  const feeder = inputs === null ? null : makeFeeder({ process, inputs, jobId, isOpen, onChanged, onError: fail });
  const onAbort = (): void => fail(options.signal.reason);
  let hasPulled = false;
  let isSettled = false;
  // Race: words that a runner said for the job before may arrive in this one, which is not to blame and runs on another process.
  const isUntouched = (): boolean => !hasPulled && !talk.hasEffects();
  const arm = (phase: Phase): Disposable => armed(clock, talk, { phase, onEnd: end });
  let deadline = arm('load');

  // Race: a piece of a file may come, or fail to come, when the process is another job's already: the first end is the only one.
  function settle(isClean: boolean, tell: () => void): void {
    if (isSettled) return;
    isSettled = true;
    if (!isClean) process.kill();
    deadline[Symbol.dispose]();
    options.signal.removeEventListener('abort', onAbort);
    process.listen(null);
    tell();
  }

  function end(outcome: Outcome, { isClean = false, mayRetry = false } = {}): void {
    settle(isClean, () => resolve({ outcome, isClean, mayRetry }));
  }

  function fail(reason: unknown): void {
    settle(false, () => reject(reason));
  }

  function onStep(step: TalkStep<Outcome>): void {
    if (step.kind === 'end') end(step.outcome, step);
    else if (step.kind === 'broken') end(talk.crashed(PROTOCOL_BROKEN), { mayRetry: isUntouched() });
    else if (step.kind === 'pull') {
      hasPulled = true;
      if (!feeder?.pull(step.index)) onStep(BROKEN);
    } else if (step.kind === 'started') {
      deadline[Symbol.dispose]();
      deadline = arm('run');
    }
  }

  function guarded(next: () => TalkStep<Outcome>): void {
    try {
      onStep(next());
    } catch (error) {
      // The taker of the pieces threw: a bug of the daemon, never of the guest.
      fail(error);
    }
  }

  options.signal.addEventListener('abort', onAbort, { once: true });
  process.listen({
    onFrame: (frame) => guarded(() => talk.onFrame(frame)),
    onBroken: () => guarded(() => BROKEN),
    onClosed: ({ signal, isSignal }) => end(talk.crashed(signal), { mayRetry: isSignal && isUntouched() }),
  });
  return promise;
}
