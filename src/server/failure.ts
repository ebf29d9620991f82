// The one outer error boundary: whatever was thrown becomes a well-formed answer.

import { AirlockError, ERROR_CODES, isSystemError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RpcErrorObject } from '../link/json-rpc.ts';
import { toRpcError } from '../link/rpc-error.ts';

/** The call that failed. */
export type FailedCall = { readonly method: string; readonly requestId: string };

/** May the peer see this failure as it is? */
function isSafe(error: unknown): error is AirlockError {
  try {
    return error instanceof AirlockError && error.code !== 'internal' && ERROR_CODES[error.code].wire !== null;
  } catch {
    // Only a proxy throws here, and it is no failure of the table.
    return false;
  }
}

/** Is it only that the code did as it was told? */
function isAbort(error: unknown): boolean {
  try {
    return isSystemError(error, 'ABORT_ERR');
  } catch {
    // As above.
    return false;
  }
}

/** Log a bug, as far as it can be: what was thrown may be anything, and nothing may keep its caller from an answer. */
function logBug(log: Logger, err: unknown, call: FailedCall): void {
  try {
    log.error({ err, ...call }, 'a call ended in an internal error');
  } catch {
    // What cannot be written down has nothing to tell; the call and its request id have.
    log.error({ ...call }, 'a call ended in an internal error that no log can hold');
  }
}

/**
 * What the peer is told about a failure.
 *
 * A failure of the table goes out with its row. Anything else, and a code that never crosses the wire, becomes `internal` with the
 * request id; stack and cause go to the log only.
 *
 * @param log - Logger of the call.
 * @param error - Anything that was thrown.
 * @param call - The call that failed.
 */
export function toAnswerError(log: Logger, error: unknown, { method, requestId }: FailedCall): RpcErrorObject {
  if (isSafe(error)) return toRpcError(error);
  logBug(log, error, { method, requestId });
  const message = `Cannot run ${method}: internal error, the log has it under ${requestId}`;
  return toRpcError(new AirlockError('internal', message, { data: { requestId } }));
}

/**
 * What becomes of a failure that nobody is told, because its call was answered before: a bug is logged all the same.
 *
 * @param log - Logger of the call.
 * @param error - Anything that was thrown; failures of the table and aborts are the rule, and are not logged.
 * @param call - The call that failed.
 */
export function logLateFailure(log: Logger, error: unknown, call: FailedCall): void {
  if (!isSafe(error) && !isAbort(error)) logBug(log, error, call);
}
