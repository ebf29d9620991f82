// What every kind of job has in common while it talks with a runner: the steps a frame can lead to, and the names of its bad ends.

import type { Frame } from './channel.ts';
import type { LimitName } from './outcome.ts';

/** What a frame leads to. */
export type TalkStep<Outcome> =
  | { readonly kind: 'continue' }
  /** The phase that `limits.load` holds is over. */
  | { readonly kind: 'started' }
  /** The runner waits for bytes of the file at `index`. */
  | { readonly kind: 'pull'; readonly index: number }
  /** `isClean`: the runner may take another job. */
  | { readonly kind: 'end'; readonly outcome: Outcome; readonly isClean: boolean }
  /** The runner lied: it is killed. */
  | { readonly kind: 'broken' };

/** A limit that was met. */
export type LimitStop = { readonly limit: LimitName; readonly used: number; readonly allowed: number };

/** One job's talk with one runner, without any pipe. */
export type Talk<Outcome> = {
  /** @throws what the taker of the job's pieces throws. */
  readonly onFrame: (frame: Frame) => TalkStep<Outcome>;
  /** Has anything left the talk? Then the job cannot be run again. */
  readonly hasEffects: () => boolean;
  /** Milliseconds until the end of its load, and from there to its end; `graceMs` comes on top of either. */
  readonly deadlines: {
    readonly load: { readonly ms: number; readonly graceMs: number };
    readonly run: { readonly ms: number; readonly graceMs: number };
  };
  readonly stopped: (stop: LimitStop) => Outcome;
  /** @param signal - `SIGKILL` and the like, `exit 1`, or `protocol`. */
  readonly crashed: (signal: string) => Outcome;
  /** A file is not what it was. */
  readonly changed: (reason: string) => Outcome;
};

/** A runner that lied is called so in `crashed`. */
export const PROTOCOL_BROKEN = 'protocol';

/** The step after a lie. */
export const BROKEN: { readonly kind: 'broken' } = { kind: 'broken' };

/** On top of `limits.load`: for making the isolate and for a machine that is busy. */
export const LOAD_GRACE_MS = 1_000;
