// Stopping in order, within two deadlines. Source: protocol.md 11, architecture.md.

import type { AirlockConfig } from '../config/schema/root.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Parts } from './compose.ts';
import type { StopRequest } from './stop-request.ts';

/** What the shutdown needs. */
export type ShutdownDeps = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: Pick<AirlockConfig['daemon'], 'abort'>;
};

/** How long clients are told to wait before they look for a new daemon. */
const RETRY_AFTER_MS = 1_000;

/**
 * Drain: take nothing new, let running calls, conversions and uploads end for `graceMs`, give back what is still running.
 * What is queued stays queued.
 *
 * @param deps - Clock, log, `daemon.abort`.
 * @param parts - What {@link compose} started.
 * @param request - Why, and how long.
 */
export async function drain(
  deps: ShutdownDeps,
  parts: Pick<Parts, 'server' | 'conversions' | 'delivery' | 'intake'>,
  request: StopRequest,
): Promise<void> {
  const { clock, log } = deps;
  const { graceMs, reason } = request;
  const started = clock.monotonicMs();
  const controller = new AbortController();
  using _timer = clock.after(graceMs, () => controller.abort(new Error('the time for the drain is over')));
  const { signal } = controller;
  // Order: all at once. A call that runs may wait for the store, never for a conversion or an upload, so none holds another up.
  // What is put away with finished files goes on meanwhile; what is left of it stays on its list.
  await Promise.all([
    parts.intake.stopTaking(),
    parts.server.drain({ graceMs, reason, retryAfterMs: RETRY_AFTER_MS }),
    parts.conversions.drain({ signal }),
    parts.delivery.drain({ signal }),
  ]);
  log.info({ reason, ms: Math.round(clock.monotonicMs() - started), isAborted: signal.aborted }, 'drained');
}

/**
 * End the process by force if it is still here `daemon.abort` after the drain should have been over.
 *
 * @param deps - Clock, log, `daemon.abort`.
 * @param request - The drain's own time comes first.
 * @param end - Ends the process.
 * @returns Dispose once everything is closed.
 */
export function armAbort({ clock, log, config }: ShutdownDeps, request: StopRequest, end: () => void): Disposable {
  return clock.after(request.graceMs + config.abort, () => {
    log.error({ abortMs: config.abort }, 'still not stopped: ended by force, what is queued stays queued');
    end();
  });
}
