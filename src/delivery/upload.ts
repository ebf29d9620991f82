// One upload of a claimed delivery, and the destination's state that its outcomes step forward.

import type { Clock } from '../core/clock.ts';
import type { ClaimedDelivery, DeliveryEnd } from '../store/types.ts';
import { type PolicyState, type RetryConfig, stepDestination, UP } from './destination-policy.ts';
import { toDestinationState } from './destination-record.ts';
import { makeOutcomeWriter, type OutcomeWriterDeps } from './outcome-writer.ts';
import type { Send, SendOutcome } from './send.ts';

/** What {@link makeUploads} needs. */
export type UploadDeps = OutcomeWriterDeps & { readonly clock: Pick<Clock, 'sleep' | 'monotonicMs' | 'nowUnixMs'> };

/** One destination to serve. */
export type UploadInput = {
  readonly name: string;
  readonly send: Send;
  readonly retry: RetryConfig;
  readonly initial: PolicyState;
};

/** The uploads of one destination. */
export type Uploads = {
  /** The destination's state now. */
  readonly state: () => PolicyState;
  /** Send one delivery and write what became of it. Never rejects. */
  readonly upload: (delivery: ClaimedDelivery, options: { readonly isProbe: boolean }) => Promise<void>;
  /**
   * A person says that the destination is to be tried: hold, backoff and Retry-After are over, and it begins with one upload at a
   * time. Resolves when written. Never rejects.
   */
  readonly lift: () => Promise<void>;
  /** Give a delivery back as ready, untouched. Never rejects. */
  readonly giveBack: (delivery: ClaimedDelivery) => Promise<void>;
};

function internal(): SendOutcome {
  const error = 'Cannot deliver report: a bug in the uploader; the log has the details';
  return { kind: 'transient', reason: 'internal', error, answer: null, retryAfterMs: null };
}

function isSameRecord(a: PolicyState, b: PolicyState): boolean {
  return a.state === b.state && a.reason === b.reason && a.dueMs === b.dueMs;
}

/**
 * Make the uploads of one destination.
 *
 * @param signal - When it aborts, running uploads are broken off and given back, uncharged.
 */
export function makeUploads(
  deps: UploadDeps,
  input: UploadInput,
  { signal }: { readonly signal: AbortSignal },
): Uploads {
  const { clock, log, random } = deps;
  const { name, send, retry } = input;
  const { write, lift } = makeOutcomeWriter(deps, { signal });
  let state = input.initial;

  const endOnly = (delivery: ClaimedDelivery, end: DeliveryEnd): Promise<void> =>
    write({ delivery, end, destination: null, isLifted: false, revived: [] });

  async function attempt(delivery: ClaimedDelivery): Promise<SendOutcome | null> {
    try {
      return await send(delivery, { signal });
    } catch (error) {
      if (signal.aborted) return null;
      log.error({ err: error, destination: name, reportId: delivery.reportId }, 'Upload threw');
      return internal();
    }
  }

  function announce(before: PolicyState): void {
    if (before.state === state.state && before.reason === state.reason) return;
    const fields = {
      destination: name,
      from: before.state,
      to: state.state,
      reason: state.reason,
      error: state.message,
    };
    if (state.state === 'up') log.info(fields, 'Destination is up again');
    else log.warn(fields, 'Destination does not take reports');
  }

  return {
    state: () => state,
    lift: () => {
      const before = state;
      const now = { nowMs: clock.monotonicMs(), nowUnixMs: clock.nowUnixMs() };
      // Refusals in a row are still in a row: nothing was delivered between them.
      state = before.state === 'up' ? before : { ...UP, refusals: before.refusals, ramp: 1 };
      announce(before);
      return lift(toDestinationState(name, state, now));
    },
    giveBack: (delivery) => endOnly(delivery, { state: 'ready' }),
    upload: async (delivery, { isProbe }) => {
      const outcome = await attempt(delivery);
      if (outcome === null) return endOnly(delivery, { state: 'ready' });

      const before = state;
      const now = { nowMs: clock.monotonicMs(), nowUnixMs: clock.nowUnixMs() };
      const step = stepDestination({ retry, random }, before, {
        outcome,
        delivery,
        isProbe,
        ...now,
      });
      state = step.state;
      announce(before);
      const destination = isSameRecord(before, state) ? null : toDestinationState(name, state, now);
      return write({ delivery, end: step.end, destination, isLifted: step.isLifted, revived: step.revived });
    },
  };
}
