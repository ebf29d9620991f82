// Why a connection ended, and what each call that waited on it is told.

import { AirlockError } from '../core/errors.ts';
import type { JsonObject } from '../link/json-body.ts';

/**
 * The failure of one call, from the failure of its connection.
 *
 * @param method - Method that was called.
 * @param end - Why the connection ended.
 */
export const lostCall = (method: string, end: AirlockError): AirlockError =>
  new AirlockError(end.code, `Cannot finish ${method}: ${end.message}`, { cause: end, data: end.data });

/**
 * No answer came in time.
 *
 * @param method - Method that was called.
 * @param deadlineMs - Time it had.
 */
export const pastDeadline = (method: string, deadlineMs: number): AirlockError =>
  new AirlockError('deadline_exceeded', `Cannot finish ${method}: no answer within ${deadlineMs} ms`);

/**
 * The other end is gone without a word.
 *
 * @param cause - What the socket said, or null.
 */
export const connectionLost = (cause: unknown): AirlockError =>
  new AirlockError('unavailable', 'Cannot reach airlock: the connection was lost', {
    cause,
    data: { reason: 'connection_lost' },
  });

/**
 * The server sent what the protocol does not know.
 *
 * @param message - What it was.
 */
export const malformed = (message: string): AirlockError =>
  new AirlockError('unavailable', `Cannot go on with the connection: the server broke the protocol, ${message}`, {
    data: { reason: 'protocol_error' },
  });

/**
 * What a close means after the server said `$/goaway`.
 *
 * @param params - Its params.
 */
export function readGoaway({ reason, retryAfterMs }: JsonObject): AirlockError {
  const why = typeof reason === 'string' ? reason : 'shutting_down';
  const data = { reason: why, ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}) };
  if (why === 'key_revoked') {
    return new AirlockError('unauthenticated', 'Cannot reach airlock: the key was revoked', { data });
  }
  return why === 'slow_consumer'
    ? new AirlockError('unavailable', 'Cannot reach airlock: this side did not read fast enough', { data })
    : new AirlockError('shutting_down', 'Cannot reach airlock: the daemon is stopping', { data });
}
