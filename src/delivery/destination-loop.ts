// The loop of one destination: claims deliveries, starts uploads, sleeps until there is something to do.

import type { Clock } from '../core/clock.ts';
import type { Claim, ClaimedDelivery, Store } from '../store/types.ts';
import { backoffMs } from './backoff.ts';
import { makeBell } from './bell.ts';
import { planClaim } from './plan-claim.ts';
import { makeUploads, type UploadDeps, type UploadInput } from './upload.ts';

/** What every loop needs. */
export type DestinationLoopDeps = UploadDeps & {
  readonly store: Pick<Store, 'claimDelivery' | 'changes'>;
  readonly clock: Clock;
};

/** One destination to serve; `concurrent` = uploads at once. */
export type DestinationLoopInput = UploadInput & { readonly concurrent: number };

/** A running loop. */
export type DestinationLoop = {
  /** Claim nothing more; resolves when the last upload has ended. Uploads that still run when `signal` aborts are given back. */
  readonly drain: (options: { readonly signal: AbortSignal }) => Promise<void>;
  /** Try the destination at once: hold, backoff and Retry-After are over. Resolves when written. */
  readonly lift: () => Promise<void>;
};

type Wanted = { readonly isProbe: boolean; readonly isResting: boolean };
type ClaimNext = (wanted: Wanted) => Promise<Claim<ClaimedDelivery>>;

const STORE_RETRY = { first: 1_000, max: 30_000 };

function makeClaimNext({ store, log, random }: DestinationLoopDeps, name: string): ClaimNext {
  let failures = 0;

  async function claimProbe(isResting: boolean): Promise<Claim<ClaimedDelivery>> {
    // Resting, a due report goes first: one that was probed in vain steps behind the others (destination-policy.ts).
    const due = isResting ? await store.claimDelivery(name, { isProbe: false }) : null;
    if (due?.kind === 'claimed') return due;
    const any = await store.claimDelivery(name, { isProbe: true });
    // Nothing at all to probe with: sleep until a report comes.
    return any.kind === 'claimed' ? any : { kind: 'none', nextDueInMs: null };
  }

  return async ({ isProbe, isResting }) => {
    try {
      const claimed = await (isProbe ? claimProbe(isResting) : store.claimDelivery(name, { isProbe: false }));
      failures = 0;
      return claimed;
    } catch (error) {
      failures += 1;
      log.error({ err: error, destination: name }, 'Store did not answer a claim');
      return { kind: 'none', nextDueInMs: backoffMs(STORE_RETRY, failures, random) };
    }
  };
}

/**
 * Start serving one destination.
 *
 * @param deps - `random` spreads the waits, [0, 1).
 * @returns The loop; it runs until drained.
 */
export function startDestinationLoop(deps: DestinationLoopDeps, input: DestinationLoopInput): DestinationLoop {
  const { store, clock } = deps;
  const { name, concurrent } = input;
  const stopping = new AbortController();
  const aborted = new AbortController();
  const bell = makeBell(clock);
  const claimNext = makeClaimNext(deps, name);
  const uploads = makeUploads(deps, input, { signal: aborted.signal });
  const running = new Set<Promise<void>>();
  let isProbing = false;

  function launch(delivery: ClaimedDelivery, isProbe: boolean): void {
    if (isProbe) isProbing = true;
    const upload = uploads.upload(delivery, { isProbe }).finally(() => {
      if (isProbe) isProbing = false;
      running.delete(upload);
      bell.ring();
    });
    running.add(upload);
  }

  /** Start what may be started. Returns how long there is nothing more to do (null = until rung). */
  async function fill(): Promise<number | null> {
    while (!stopping.signal.aborted) {
      const state = uploads.state();
      const plan = planClaim(state, { running: running.size, isProbing, concurrent, nowMs: clock.monotonicMs() });
      if (plan.kind === 'sleep') return plan.ms;
      const isProbe = plan.kind === 'probe';
      const claimed = await claimNext({ isProbe, isResting: state.state === 'waiting' });
      if (claimed.kind === 'none') return claimed.nextDueInMs;
      // Race: the drain may have begun while the claim was on its way.
      if (stopping.signal.aborted) await uploads.giveBack(claimed.item);
      else launch(claimed.item, isProbe);
    }
    return null;
  }

  async function run(): Promise<void> {
    using _subscription = store.changes.subscribe((change) => {
      if (change.kind === 'report' && change.destination === name && change.state === 'ready') bell.ring();
    });
    while (!stopping.signal.aborted) await bell.sleep(await fill());
    await Promise.all(running);
  }

  const ended = run();

  return {
    lift: async () => {
      await uploads.lift();
      // Also where it was up all the time: the end of a pause is announced by nobody else.
      bell.ring();
    },
    drain: async ({ signal }) => {
      stopping.abort();
      bell.ring();
      const onAbort = (): void => aborted.abort(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        await ended;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
