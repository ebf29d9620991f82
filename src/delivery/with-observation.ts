// A link of the chain: one log line per upload.

import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Send, SendOutcome } from './send.ts';

/** What {@link withObservation} needs. */
export type ObservationDeps = { readonly log: Logger; readonly clock: Pick<Clock, 'monotonicMs'> };

function describe(outcome: SendOutcome): { readonly reason?: string; readonly error?: string } {
  const reason = 'reason' in outcome ? { reason: outcome.reason } : {};
  return 'error' in outcome ? { ...reason, error: outcome.error } : reason;
}

/**
 * Log each upload with destination, reportId, kind and ms: delivered as info, all else as warn. The destination's own words are
 * not logged; they are kept with the delivery.
 *
 * @param destination - Name in the configuration.
 * @param send - The next link.
 */
export function withObservation({ log, clock }: ObservationDeps, destination: string, send: Send): Send {
  return async (report, options) => {
    const startMs = clock.monotonicMs();
    const outcome = await send(report, options);
    const { reportId, revision } = report;
    const ms = Math.round(clock.monotonicMs() - startMs);
    const fields = { destination, reportId, revision, kind: outcome.kind, ms, ...describe(outcome) };
    if (outcome.kind === 'delivered') log.info(fields, 'Upload delivered');
    else log.warn(fields, 'Upload not delivered');
    return outcome;
  };
}
