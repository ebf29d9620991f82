// One call from its first try to its end: its turn, a connection, and what may be sent again. Source: protocol.md 5, 7 and 11.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { MethodSpec, RateClass, ResultOf } from '../protocol/method-spec.ts';
import type { Repeat } from '../protocol/repeat.ts';
import { lostCall } from './connection-errors.ts';
import { judge } from './judge.ts';
import type { Link } from './link.ts';
import type { LinkKeeper } from './link-keeper.ts';
import type { Pacer } from './pacer.ts';
import type { ProgressBoard, ProgressListener } from './progress.ts';
import type { FlightKind, InFlight } from './in-flight.ts';
import { planUpload, type UploadPlan, type UploadSource } from './upload-plan.ts';
import { explainUnknownMethod } from './versions.ts';

/** Options of a call. */
export type CallOptions = {
  /** Gives the call up, here and at the server. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call, waiting for a connection and repeats included; default 30,000. */
  readonly deadlineMs?: number | undefined;
  /** Told how far the call is, by methods that say so. What it throws ends the call, and the caller gets it. */
  readonly onProgress?: ProgressListener | undefined;
  /**
   * Bytes to send, by the odd number that the params name as `stream` (1, 3, … within this call; the connection has numbers of its
   * own). Nothing is read before the server asks for its bytes.
   */
  readonly upload?: ReadonlyMap<number, UploadSource> | undefined;
};

/** What calls need. */
export type CallDeps = {
  readonly clock: Clock;
  readonly keeper: LinkKeeper;
  readonly pacer: Pacer;
  readonly progress: ProgressBoard;
  readonly inFlight: InFlight;
  /** Between 0 and 1, so that callers who were told the same time do not come back together. */
  readonly random: () => number;
};

/** A call before it is sent. */
export type Call<T> = {
  readonly method: string;
  readonly rateClass: RateClass;
  readonly repeat: Repeat;
  readonly params: object;
  /** Runs before any later message of the link is read. */
  readonly accept: (result: unknown, link: Link) => T;
  /** May the result come as a stream? */
  readonly isLarge?: boolean;
  /** Undoes at the server what a result has left there that came after the call was given up. */
  readonly onLate?: (result: unknown, link: Link) => void;
};

/** A call under way. */
type Run<T> = {
  readonly call: Call<T>;
  readonly plan: UploadPlan | null;
  readonly signal: AbortSignal | undefined;
  readonly endMs: number;
  readonly workDoneToken: string | undefined;
};

/** One try. `wasSent`: it was handed to a connection that was up. */
type Attempt = { readonly link: Link; wasSent: boolean };

const DEFAULT_DEADLINE_MS = 30_000;

/**
 * Check a result.
 *
 * @throws {AirlockError} internal when it does not fit the schema.
 */
export function acceptResult<Spec extends MethodSpec>(spec: Spec, result: unknown): ResultOf<Spec> {
  const parsed = spec.result.safeParse(result);
  // The schema is the one that ResultOf is made from.
  if (parsed.success) return parsed.data as ResultOf<Spec>;
  const message = `Cannot read answer of ${spec.name}: it does not fit the schema`;
  throw new AirlockError('internal', message, { cause: parsed.error });
}

function outOfTurns(method: string, waitMs: number): AirlockError {
  return new AirlockError('rate_limited', `Cannot run ${method}: the rate limit leaves no time for it`, {
    data: { retryAfterMs: waitMs },
  });
}

const anyOf = (signal: AbortSignal | undefined, other: AbortSignal): AbortSignal =>
  signal === undefined ? other : AbortSignal.any([signal, other]);

/** Wait; no longer than the client lives. */
async function pause<T>({ clock, keeper }: CallDeps, { call, signal }: Run<T>, waitMs: number): Promise<void> {
  try {
    await clock.sleep(waitMs, { signal: anyOf(signal, keeper.over) });
  } catch (error) {
    throw error instanceof AirlockError && error === keeper.over.reason ? lostCall(call.method, error) : error;
  }
}

/** Wait for a turn of the call's class that comes in `waitMs`. */
async function awaitTurn<T>(deps: CallDeps, run: Run<T>, waitMs: number): Promise<void> {
  const { clock, pacer } = deps;
  const { method, rateClass } = run.call;
  if (clock.monotonicMs() + waitMs >= run.endMs) {
    pacer.giveBack(rateClass);
    throw outOfTurns(method, waitMs);
  }
  try {
    await pause(deps, run, waitMs);
  } catch (error) {
    pacer.giveBack(rateClass);
    throw error;
  }
}

const leftMs = ({ clock }: CallDeps, { endMs }: Run<unknown>): number =>
  Math.max(1, Math.ceil(endMs - clock.monotonicMs()));

/** The link to send on: at once when one is up, which is nearly always. */
function linkFor<T>(deps: CallDeps, run: Run<T>, after: Link | null): Link | Promise<Link> {
  const link = deps.keeper.current(after);
  if (link !== null) return link;
  return deps.keeper.next({ after, signal: run.signal, timeoutMs: leftMs(deps, run) }).catch((error: unknown) => {
    throw error instanceof AirlockError ? lostCall(run.call.method, error) : error;
  });
}

function outOfRoom(method: string): AirlockError {
  return new AirlockError('deadline_exceeded', `Cannot finish ${method}: too many others were under way all the time`, {
    data: { reason: 'too_many_in_flight' },
  });
}

/** Wait for room, until the deadline. */
async function awaitRoom<T>(deps: CallDeps, run: Run<T>, kind: FlightKind): Promise<void> {
  const late = new AbortController();
  using _limit = deps.clock.after(leftMs(deps, run), () => late.abort(outOfRoom(run.call.method)));
  await deps.inFlight.wait(kind, anyOf(run.signal, late.signal));
}

/** Send when there is room: the server turns away what is over its limit. Order: an upload waits for its stream first. */
async function send<T>(deps: CallDeps, run: Run<T>, attempt: Attempt, kind: FlightKind): Promise<T> {
  if (!deps.inFlight.take(kind)) await awaitRoom(deps, run, kind);
  try {
    return await (kind === 'upload' ? send(deps, run, attempt, 'call') : sendNow(deps, run, attempt));
  } finally {
    deps.inFlight.leave(kind);
  }
}

function sendNow<T>(deps: CallDeps, run: Run<T>, attempt: Attempt): Promise<T> {
  const { link } = attempt;
  const { call, plan, signal, workDoneToken } = run;
  const deadlineMs = leftMs(deps, run);
  const invocation = {
    method: call.method,
    // A deadline beyond every number is none.
    params: { ...call.params, workDoneToken, _meta: Number.isSafeInteger(deadlineMs) ? { deadlineMs } : {} },
    accept: (result: unknown) => call.accept(result, link),
    upload: plan?.open(),
    isLarge: call.isLarge === true,
    onLate: call.onLate && ((result: unknown) => call.onLate?.(result, link)),
  };
  attempt.wasSent = link.connection.end === null;
  return link.connection.invoke(invocation, { deadlineMs, signal });
}

/**
 * What to do about a try that failed.
 *
 * @throws what the caller shall get, when that is all.
 */
function judgeTry<T>({ clock, keeper, random }: CallDeps, run: Run<T>, { link, wasSent }: Attempt, error: unknown) {
  const { call, plan, endMs } = run;
  const mayRepeat = !wasSent || (call.repeat !== 'never' && (plan === null || plan.canRepeat()));
  const verdict = judge(error, { lost: link.connection.end, mayRepeat, isLasting: keeper.isLasting }, random);
  if (verdict.kind !== 'fail' && clock.monotonicMs() + (verdict.waitMs ?? 0) < endMs) return verdict;
  throw explainUnknownMethod(error, call.method, link.session.server.version);
}

/** Send until there is an answer that counts. */
async function sendUntil<T>(deps: CallDeps, run: Run<T>): Promise<T> {
  const { rateClass } = run.call;
  run.signal?.throwIfAborted();
  let after: Link | null = null;
  for (let hasTurn = false; ; ) {
    const waitMs = hasTurn ? 0 : deps.pacer.turn(rateClass);
    if (waitMs > 0) await awaitTurn(deps, run, waitMs);
    const found: Link | Promise<Link> = linkFor(deps, run, after);
    const link: Link = found instanceof Promise ? await found : found;
    const attempt: Attempt = { link, wasSent: false };
    try {
      return await send(deps, run, attempt, run.plan === null ? 'call' : 'upload');
    } catch (error) {
      const verdict = judgeTry(deps, run, attempt, error);
      hasTurn = verdict.kind === 'after';
      if (verdict.kind === 'elsewhere') after = link;
      else {
        deps.pacer.holdBack(rateClass, verdict.waitMs);
        await pause(deps, run, verdict.waitMs);
      }
    }
  }
}

async function sendListening<T>(deps: CallDeps, run: Run<T>, onProgress: ProgressListener): Promise<T> {
  const broken = new AbortController();
  using listening = deps.progress.open((progress) => {
    try {
      onProgress(progress);
    } catch (error) {
      // It is the caller's own: thrown where it was called it would end the connection, and every other call on it.
      broken.abort(error);
    }
  });
  return await sendUntil(deps, { ...run, workDoneToken: listening.token, signal: anyOf(run.signal, broken.signal) });
}

/**
 * Send a call when its turn comes, again after `rate_limited` and after a lost connection where that is right, until its deadline.
 *
 * @throws what `Client.call` says.
 * @throws `signal.reason` when aborted.
 */
export function callUntil<T>(deps: CallDeps, call: Call<T>, options: CallOptions): Promise<T> {
  const { signal, deadlineMs = DEFAULT_DEADLINE_MS, onProgress, upload } = options;
  const run: Run<T> = {
    call,
    signal,
    plan: upload === undefined ? null : planUpload(upload),
    endMs: deps.clock.monotonicMs() + deadlineMs,
    workDoneToken: undefined,
  };
  return onProgress === undefined ? sendUntil(deps, run) : sendListening(deps, run, onProgress);
}
