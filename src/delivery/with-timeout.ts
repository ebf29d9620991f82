// A link of the chain: the longest time that one upload may take as a whole.

import type { Clock } from '../core/clock.ts';
import { inlinedBytes } from './report-size.ts';
import type { Send } from './send.ts';

/** The total grows with the report and its attachments: `totalMs` + size / `minBytesPerSecond`. */
export type TotalTimeout = { readonly totalMs: number; readonly minBytesPerSecond: number };

/**
 * Stop an upload that takes too long; it then ends as transient `timeout`.
 *
 * @param deps - `clock` measures.
 * @param send - The next link; its signal is aborted at the limit.
 */
export function withTimeout(deps: { readonly clock: Pick<Clock, 'after'> }, limit: TotalTimeout, send: Send): Send {
  return async (report, { signal }) => {
    signal.throwIfAborted();
    const totalMs = limit.totalMs + Math.ceil((inlinedBytes(report) / limit.minBytesPerSecond) * 1000);
    const expired = new AbortController();
    using _timer = deps.clock.after(totalMs, () => expired.abort());
    const either = AbortSignal.any([signal, expired.signal]);
    // Race: a link that cannot be stopped (a write to a hung network folder) must not hold the upload's place.
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    either.addEventListener('abort', () => reject(either.reason), { once: true });
    try {
      return await Promise.race([send(report, { signal: either }), stopped]);
    } catch (error) {
      if (signal.aborted || !expired.signal.aborted) throw error;
      const why = `not done within ${totalMs} ms`;
      return {
        kind: 'transient',
        reason: 'timeout',
        error: `Cannot reach destination: ${why}`,
        answer: null,
        retryAfterMs: null,
      };
    }
  };
}
