// Which well-formed calls may start. Order: rate, stopping, calls in flight, streams (protocol.md 5); scope and schema come in the call.

import { AirlockError } from '../core/errors.ts';
import type { KeyId } from '../core/ids.ts';
import type { RateClass } from '../protocol/method-spec.ts';
import type { ConnectionDeps } from './deps.ts';
import type { RateLimiter, RateOutcome } from './rate.ts';

/** What runs on the connection now; counts. */
export type Load = { readonly calls: number; readonly streams: number };

/** The call that asks. */
export type Asking = {
  readonly method: string;
  readonly kid: KeyId;
  readonly hasStreams: boolean;
};

/** The deps that decide. */
export type AdmissionDeps = Pick<ConnectionDeps, 'methods' | 'refusal'> & {
  readonly rate: Pick<RateLimiter, 'take'>;
  readonly config: Pick<ConnectionDeps['config'], 'calls' | 'streams'>;
};

const RETRY_AFTER_MS = 100;
const MAX_NAME_CHARS = 64;

function rateLimited(method: string, denied: Extract<RateOutcome, { kind: 'denied' }>): AirlockError {
  const { bucket, retryAfterMs } = denied;
  const message = `Cannot run ${method.slice(0, MAX_NAME_CHARS)}: rate limit reached`;
  return new AirlockError('rate_limited', message, { data: { retryAfterMs, bucket } });
}

/**
 * The failure for one more of what a connection may have so many of.
 *
 * @param what - Plural, for the message.
 * @param limit - How many there may be.
 */
export function tooManyInFlight(what: 'calls' | 'streams', limit: number): AirlockError {
  const message = `Cannot run the call: ${limit} ${what} are in flight, the most this connection may have`;
  return new AirlockError('too_many_in_flight', message, { data: { limit, retryAfterMs: RETRY_AFTER_MS } });
}

/**
 * The class that a call is counted in; an unknown method costs one of `calls`.
 *
 * @param deps - The methods.
 * @param method - Name as it came.
 */
export function rateClassOf({ methods }: Pick<AdmissionDeps, 'methods'>, method: string): RateClass {
  return methods.get(method)?.spec.rateClass ?? 'calls';
}

/**
 * Why a call may not start, or null. A token is taken even when it is refused for a later reason.
 *
 * @param deps - Limits and methods.
 * @param call - The call.
 * @param load - What runs already.
 */
export function refusalOf(deps: AdmissionDeps, call: Asking, load: Load): AirlockError | null {
  const { methods, refusal, config, rate } = deps;
  const rateClass = rateClassOf(deps, call.method);
  const taken = rateClass === 'free' ? null : rate.take(call.kid, rateClass);
  if (taken?.kind === 'denied') return rateLimited(call.method, taken);
  const stopping = methods.get(call.method)?.spec.whileStopping === true ? null : refusal();
  if (stopping !== null) return stopping;
  if (load.calls >= config.calls) return tooManyInFlight('calls', config.calls);
  return call.hasStreams && load.streams >= config.streams ? tooManyInFlight('streams', config.streams) : null;
}
