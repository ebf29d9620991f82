// Writes what became of an upload: the delivery and its destination, in the order that a crash cannot harm.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { ClaimedDelivery, DeliveryEnd, DestinationState, Store } from '../store/types.ts';
import { backoffMs } from './backoff.ts';
import type { Refused } from './destination-policy.ts';

/** What {@link makeOutcomeWriter} needs. */
export type OutcomeWriterDeps = {
  readonly store: Pick<Store, 'endDelivery' | 'releaseHeld' | 'setDestination'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Logger;
  readonly random: () => number;
};

/** What the log names. */
type Named = { readonly destination: string } & Partial<Pick<ClaimedDelivery, 'reportId' | 'revision'>>;

/** What one upload changed. `destination` null: its state is as it was. */
export type Written = {
  readonly delivery: ClaimedDelivery;
  readonly end: DeliveryEnd;
  readonly destination: DestinationState | null;
  /** Must the destination's held deliveries become ready? */
  readonly isLifted: boolean;
  /** Dead deliveries of the same destination that become held with it. */
  readonly revived: readonly Refused[];
};

/** Writes outcomes. Both resolve when written or given up (logged: the next start recovers), and never reject. */
export type OutcomeWriter = {
  readonly write: (written: Written) => Promise<void>;
  /** A person says that the destination is to be tried: what was held for its sake becomes ready, and it is up. */
  readonly lift: (destination: DestinationState) => Promise<void>;
};

const STORE_RETRY = { first: 1_000, max: 30_000 };

function isPassing(error: unknown): boolean {
  return error instanceof AirlockError && error.retryable && error.code !== 'internal';
}

/**
 * Make the writer of one destination.
 *
 * A store that fails passingly is asked again until `signal` aborts, then once more. What cannot be written is logged; the
 * delivery stays `inflight` and becomes `ready` at the next start: one more upload with the same id, never a lost report.
 *
 * @param signal - The end of the drain.
 */
export function makeOutcomeWriter(
  deps: OutcomeWriterDeps,
  { signal }: { readonly signal: AbortSignal },
): OutcomeWriter {
  let last = Promise.resolve();

  async function persist(delivery: Named, write: () => Promise<unknown>): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const isLastTry = signal.aborted;
      try {
        await write();
        return;
      } catch (error) {
        const isFinal = isLastTry || !isPassing(error);
        const { destination, reportId, revision } = delivery;
        deps.log.error({ err: error, destination, reportId, revision, isFinal }, 'Outcome not written to the store');
        if (isFinal) throw error;
        // Aborted: no more waiting, one last try.
        await deps.clock.sleep(backoffMs(STORE_RETRY, failures, deps.random), { signal }).catch(() => undefined);
      }
    }
  }

  async function writeAll({ delivery, end, destination, isLifted, revived }: Written): Promise<void> {
    const { store } = deps;
    // Not the whole delivery: its body need not cross to the store's thread again.
    const { reportId, revision } = delivery;
    const name = { reportId, revision, destination: delivery.destination };
    const endDelivery = () => persist(delivery, () => store.endDelivery(name, end));
    const setDestination = () =>
      destination === null ? Promise.resolve() : persist(delivery, () => store.setDestination(destination));
    // Order: a held delivery only under a held destination, and `up` only after what was held is ready: a crash between the
    // two leaves a destination that is probed, never deliveries that nobody takes up.
    if (end.state === 'held') {
      await setDestination();
      await endDelivery();
      for (const { error, answer, ...refused } of revived) {
        const back = { ...name, ...refused };
        // One that cannot come back (deleted by a person) is logged; the others still do.
        await persist(delivery, () => store.endDelivery(back, { state: 'held', error, answer })).catch(() => undefined);
      }
      return;
    }
    await endDelivery();
    if (isLifted) await persist(delivery, () => store.releaseHeld(delivery.destination));
    await setDestination();
  }

  async function writeLift(destination: DestinationState): Promise<void> {
    const { store } = deps;
    const named = { destination: destination.name };
    // Order: as after a probe that was judged.
    await persist(named, () => store.releaseHeld(destination.name));
    await persist(named, () => store.setDestination(destination));
  }

  // Race: a hold, a lift and the deaths that a hold takes back must reach the store in the order of their decisions.
  function inTurn(write: () => Promise<void>): Promise<void> {
    last = last.then(write);
    return last;
  }

  // Given up: logged by persist.
  const attempt = (written: Written): Promise<void> => writeAll(written).catch(() => undefined);

  return {
    write: (written) => {
      const { state } = written.end;
      const isAlone = written.destination === null && state !== 'held' && state !== 'dead';
      return isAlone ? attempt(written) : inTurn(() => attempt(written));
    },
    // Given up: logged by persist.
    lift: (destination) => inTurn(() => writeLift(destination).catch(() => undefined)),
  };
}
