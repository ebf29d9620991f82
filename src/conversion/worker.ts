// The loop that claims submissions, converts them and writes down how each one ended.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { makeSemaphore } from '../core/semaphore.ts';
import { WAITING_REASONS } from '../core/states.ts';
import type { Pool } from '../sandbox/job.ts';
import type { ClaimedSubmission, Store, StoreChange, SubmissionEnd } from '../store/types.ts';
import { backOffMs, withBackOff } from './back-off.ts';
import { type Chooser, type ChooserConfig, makeChooser } from './chooser.ts';
import { GIVEN_BACK, toBrokenEnd } from './ends.ts';
import type { ProgressListener } from './progress.ts';
import type { Registry } from './registry.ts';
import { type TakeConfig, type TakeDeps, takeOne } from './take-one.ts';
import { makeWaker } from '../core/waker.ts';

/** What the loop needs. */
export type ConversionsDeps = Omit<TakeDeps, 'chooser'> & {
  readonly registry: Pick<Registry, 'list'>;
  readonly store: Pick<Store, 'claimSubmission' | 'endSubmission' | 'wakeWaiting' | 'changes'>;
  readonly pool: Pick<Pool, 'convert' | 'probe' | 'walls' | 'runners'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called as each submission is begun; left out, nobody wants to know how far it is. */
  readonly listenTo?: (submission: ClaimedSubmission) => ProgressListener;
};

/** The part of the configuration that the loop follows. */
export type ConversionsConfig = TakeConfig & ChooserConfig;

/** The running loop. Disposing it aborts what runs; drain it first. */
export type Conversions = AsyncDisposable & {
  /**
   * Claim nothing more and wait for what runs. When `signal` aborts, runners are killed and their submissions given back.
   * May be called more than once.
   */
  readonly drain: (options: { readonly signal: AbortSignal }) => Promise<void>;
};

function isUnavailable(error: unknown): boolean {
  return error instanceof AirlockError && error.code === 'unavailable';
}

/** The pool, not the converter, is the reason: no runner starts, too many wait, or it is being closed. */
function isPoolBusy(error: unknown): boolean {
  return (
    isUnavailable(error) || (error instanceof AirlockError && ['queue_full', 'shutting_down'].includes(error.code))
  );
}

function mayHaveWork(change: StoreChange): boolean {
  // Over a limit of the queue nothing is claimed until an upload has made room.
  if (change.kind === 'report') return change.state !== 'ready' && change.state !== 'inflight';
  // A suspended one is due later, perhaps sooner than the loop meant to wait.
  return change.kind === 'submission' && (change.state === 'received' || change.state === 'suspended');
}

/**
 * What all conversions of one loop share. `signal` ends what runs, `stopping` only what waits; `starts` counts runs in a row that
 * no runner took.
 */
type Loop = {
  readonly config: ConversionsConfig;
  readonly chooser: Chooser;
  readonly signal: AbortSignal;
  readonly stopping: AbortSignal;
  readonly starts: { failures: number };
};

/** One submission after its claim. Never rejects: whatever happens, only this submission is concerned. */
async function workOn(shared: ConversionsDeps, item: ClaimedSubmission, loop: Loop): Promise<void> {
  const log = shared.log.child({ submissionId: item.submissionId });
  const deps = { ...shared, log };
  try {
    const end = await findEnd(deps, item, loop);
    await writeEnd(deps, item, { end, signal: loop.signal });
  } catch (error) {
    // It stays `converting`; recovery at the next start makes it `received` again, so nothing is lost.
    log.error({ err: error }, 'the end of a conversion could not be stored');
  }
}

async function findEnd(deps: ConversionsDeps, item: ClaimedSubmission, loop: Loop): Promise<SubmissionEnd> {
  const { config, chooser, signal, starts } = loop;
  try {
    using progress = deps.listenTo?.(item) ?? null;
    const end = await takeOne({ ...deps, chooser }, item, { config, signal, onProgress: progress?.tell ?? null });
    starts.failures = 0;
    deps.log.info({ converter: end.converter?.name ?? null, state: end.state }, 'a conversion ended');
    return end;
  } catch (error) {
    if (signal.aborted) return GIVEN_BACK;
    if (isPoolBusy(error)) return await giveBackLater(deps, loop, error);
    deps.log.error({ err: error }, 'a conversion met a bug');
    return toBrokenEnd(item.name);
  }
}

async function giveBackLater(
  { clock, log }: ConversionsDeps,
  { starts, signal, stopping }: Loop,
  error: unknown,
): Promise<SubmissionEnd> {
  starts.failures += 1;
  const retryInMs = backOffMs(starts.failures);
  log.error({ err: error, retryInMs }, 'no runner takes the submission; it is given back');
  try {
    // Order: the wait comes before the giving back, for what is given back is claimed again at once.
    await clock.sleep(retryInMs, { signal: AbortSignal.any([signal, stopping]) });
  } catch (reason) {
    if (!signal.aborted && !stopping.aborted) throw reason;
  }
  return GIVEN_BACK;
}

async function writeEnd(
  { store, clock, log }: ConversionsDeps,
  { submissionId, name }: ClaimedSubmission,
  { end, signal }: { readonly end: SubmissionEnd; readonly signal: AbortSignal },
): Promise<void> {
  const options = {
    signal,
    isRetryable: isUnavailable,
    onFailure: (error: unknown, retryInMs: number) =>
      log.error({ err: error, retryInMs }, 'the store did not take the end of a conversion'),
  };
  try {
    await withBackOff(clock, () => store.endSubmission(submissionId, end), options);
  } catch (error) {
    if (isUnavailable(error) || signal.aborted) throw error;
    log.error({ err: error }, 'the store refused the end of a conversion');
    await withBackOff(clock, () => store.endSubmission(submissionId, toBrokenEnd(name)), options);
  }
}

/**
 * Start converting: one claimer, as many conversions at once as the pool has runners.
 *
 * @param deps - Store, pool, registry and what conversions need; all borrowed.
 * @param config - Limits, station, walls, retries.
 */
export function startConversions(deps: ConversionsDeps, config: ConversionsConfig): Conversions {
  const { store, clock, log } = deps;
  const stopping = new AbortController();
  const aborting = new AbortController();
  const slots = makeSemaphore(Math.max(1, deps.pool.runners().size));
  const running = new Set<Promise<void>>();
  const signals = { signal: aborting.signal, stopping: stopping.signal };
  const loop: Loop = { config, chooser: makeChooser(deps, config), ...signals, starts: { failures: 0 } };
  const waker = makeWaker(clock);
  const subscription = store.changes.subscribe((change) => {
    if (mayHaveWork(change)) waker.wake();
  });
  const untilStoreAnswers = {
    signal: stopping.signal,
    isRetryable: () => true,
    onFailure: (error: unknown, retryInMs: number) => log.error({ err: error, retryInMs }, 'the store did not answer'),
  };

  async function claimNext(): Promise<ClaimedSubmission> {
    for (;;) {
      const ticket = waker.ticket();
      const claim = await withBackOff(clock, () => store.claimSubmission(), untilStoreAnswers);
      if (claim.kind === 'claimed') return claim.item;
      await waker.wait(ticket, claim.nextDueInMs, { signal: stopping.signal });
    }
  }

  function start(item: ClaimedSubmission, slot: Disposable): void {
    const job = workOn(deps, item, loop).finally(() => {
      running.delete(job);
      slot[Symbol.dispose]();
    });
    running.add(job);
  }

  async function claimUntilStopped(): Promise<void> {
    try {
      // What made them wait may be gone: a wall was built, a converter approved, while the daemon was down.
      await withBackOff(clock, () => store.wakeWaiting(WAITING_REASONS), untilStoreAnswers);
      while (!stopping.signal.aborted) {
        const slot = await slots.acquire({ signal: stopping.signal });
        // Order: a claim that comes back after the stop is still started, or it would be lost until the next start.
        start(await claimNext(), slot);
      }
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    }
  }

  // A bug in here is nobody's to catch: as an unhandled rejection it ends the daemon with 70 instead of stopping conversions unseen.
  const claiming = claimUntilStopped();

  async function drain({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const onAbort = (): void => aborting.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    stopping.abort(new AirlockError('shutting_down', 'Cannot claim submissions: the daemon is stopping'));
    try {
      await claiming;
      await Promise.all(running);
    } finally {
      signal.removeEventListener('abort', onAbort);
      subscription[Symbol.dispose]();
    }
  }

  return { drain, [Symbol.asyncDispose]: () => drain({ signal: AbortSignal.abort() }) };
}
