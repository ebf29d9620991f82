// What a failed try of a call means: fail, wait, or send it again on the next connection. Pure. Source: protocol.md 5, 7 and 11.

import { AirlockError } from '../core/errors.ts';
import { toldPauseMs } from './backoff.ts';

/** What the verdict depends on, besides the error. */
export type Circumstances = {
  /** Why the connection ended, or null when it is up. */
  readonly lost: AirlockError | null;
  /** Is it right to send the call again when nobody knows whether it was done? */
  readonly mayRepeat: boolean;
  /** Will there be another connection? */
  readonly isLasting: boolean;
};

/** What to do. */
export type Verdict =
  | { readonly kind: 'fail' }
  /** Send it again after a pause. */
  | { readonly kind: 'after'; readonly waitMs: number }
  /** Send it again on the next connection. */
  | { readonly kind: 'elsewhere'; readonly waitMs?: never };

const fail: Verdict = { kind: 'fail' };

/** Is it the end of the connection that failed the call, and not an answer? */
const isLoss = (error: AirlockError, lost: AirlockError | null): boolean =>
  lost !== null && (error === lost || error.cause === lost);

/** A daemon that breaks the protocol would do so again at the same call; for a key that was revoked there may be another. */
const isPassing = ({ retryable, data: { reason } }: AirlockError): boolean =>
  (retryable && reason !== 'protocol_error') || reason === 'key_revoked';

/** May the call be sent on the next connection? */
function goesElsewhere(error: AirlockError, { lost, mayRepeat, isLasting }: Circumstances): boolean {
  if (!isLasting) return false;
  if (isLoss(error, lost)) return mayRepeat && isPassing(error);
  return error.code === 'shutting_down' || (error.code === 'server_cancelled' && mayRepeat);
}

/**
 * Judge the failure of one try.
 *
 * `rate_limited` and `shutting_down`, where they are an answer, say that the call was not begun: it may go again whatever it does.
 *
 * @param error - What the try failed with.
 * @param random - Between 0 and 1.
 */
export function judge(error: unknown, circumstances: Circumstances, random: () => number): Verdict {
  if (!(error instanceof AirlockError)) return fail;
  if (goesElsewhere(error, circumstances)) return { kind: 'elsewhere' };
  const { retryAfterMs } = error.data;
  if (error.code !== 'rate_limited' || retryAfterMs === undefined) return fail;
  return { kind: 'after', waitMs: toldPauseMs(retryAfterMs, random()) };
}
