// One attempt to connect a socket: connected, refused, too late or aborted, and nothing left behind. Shared by both transports.

import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { AirlockError, isSystemError } from '../core/errors.ts';

/** Options of {@link waitForConnect}. */
export type WaitForConnectOptions = { readonly timeoutMs: number; readonly signal?: AbortSignal };

function toConnectError(cause: unknown): AirlockError {
  return isSystemError(cause, 'ENOENT', 'ECONNREFUSED')
    ? new AirlockError('not_running', 'Cannot connect to airlock: nobody listens there', { cause })
    : new AirlockError('unavailable', 'Cannot connect to airlock: the system refused', { cause });
}

/**
 * Wait until a socket is connected.
 *
 * @param socket - Connecting; destroyed unless it connects.
 * @throws {AirlockError} not_running when nobody listens; deadline_exceeded after `timeoutMs`; unavailable for other refusals.
 * @throws `signal.reason` when aborted.
 */
export async function waitForConnect(
  clock: Clock,
  socket: Socket,
  { timeoutMs, signal }: WaitForConnectOptions,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const onAbort = (): void => done.reject(signal?.reason);
  // The listener stays: an error after the decision must not end the process.
  socket.on('error', (error) => done.reject(toConnectError(error)));
  socket.once('connect', done.resolve);
  using _limit = clock.after(timeoutMs, () => {
    done.reject(new AirlockError('deadline_exceeded', `Cannot connect to airlock: no answer within ${timeoutMs} ms`));
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    await done.promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
