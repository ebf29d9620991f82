// Letting go of every connection without cutting anything off. Source: protocol.md 11, steps 2 to 4.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import { FLUSH_MS } from './deps.ts';

/** How to drain. */
export type DrainOptions = {
  /** Time for running calls; what is left after it is aborted. */
  readonly graceMs: number;
  /** Word for the peers: `shutdown`, `restart`, … */
  readonly reason: string;
  /** When a client should try again. */
  readonly retryAfterMs: number;
  /** Aborted = do not wait for calls any longer. */
  readonly signal?: AbortSignal;
};

/**
 * Resolves when `work` does, when the time is over, or when the signal is aborted, whichever comes first.
 *
 * @param clock - For the time.
 * @param work - What is waited for.
 */
export async function atMost(
  clock: Pick<Clock, 'after'>,
  work: Promise<unknown>,
  { graceMs, signal }: Pick<DrainOptions, 'graceMs' | 'signal'>,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const onAbort = (): void => over.resolve();
  using _limit = clock.after(graceMs, over.resolve);
  if (signal?.aborted === true) over.resolve();
  signal?.addEventListener('abort', onAbort, { once: true });
  await Promise.race([work, over.promise]);
  signal?.removeEventListener('abort', onAbort);
}

/**
 * Drain connections: goodbye, running calls to their end, answers out, sockets closed.
 *
 * Order: the listener is closed and new calls are refused before this is called; nothing else may come in.
 *
 * @param clock - For the grace.
 * @param connections - All that are there.
 * @param options - How long, and what peers are told.
 */
export async function drainConnections(
  { clock, bootId }: { readonly clock: Pick<Clock, 'after' | 'monotonicMs'>; readonly bootId: string },
  connections: readonly Connection[],
  { graceMs, reason, retryAfterMs, signal }: DrainOptions,
): Promise<void> {
  const endMs = clock.monotonicMs() + graceMs;
  for (const connection of connections) connection.goaway({ reason, retryAfterMs, bootId });
  const answered = (): Promise<unknown> =>
    Promise.all(connections.map(({ session }) => session?.idle() ?? Promise.resolve()));
  await atMost(clock, answered(), { graceMs, ...(signal === undefined ? {} : { signal }) });
  const stopped = new AirlockError('server_cancelled', 'Cannot finish the call: the daemon stops', {
    data: { retryAfterMs },
  });
  for (const { session } of connections) session?.abortCalls(stopped);
  // Order: an aborted call is answered a moment later, and its answer has to be on the wire before the wire is ended.
  await answered();
  const leftMs = Math.max(FLUSH_MS, endMs - clock.monotonicMs());
  // Who reads slowly gets all that was said to it; who has been sent all of it has nothing to wait for.
  const gone = Promise.all(connections.map((one) => one.end(one.unsentBytes() > 0 ? leftMs : FLUSH_MS)));
  await atMost(clock, gone, { graceMs: leftMs, ...(signal === undefined ? {} : { signal }) });
  await Promise.all(connections.map((connection) => connection.end(FLUSH_MS)));
}
