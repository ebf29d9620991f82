// What the main thread and the store's thread say to each other.

import { AirlockError, type ErrorCode, type ErrorData } from '../core/errors.ts';
import type { StoreLimits } from './context.ts';
import type { StoreFiles } from './folder.ts';
import type { StoreRequest } from './operations.ts';
import type { InHand, Recovered } from './recover.ts';
import type { StoreChange } from './types.ts';

/** What the thread is started with. */
export type StoreSetup = {
  /** Database (exists, private), folder of large bodies, ballast. */
  readonly files: Pick<StoreFiles, 'database' | 'payload' | 'ballast'>;
  readonly limits: StoreLimits;
  readonly nowUnixMs: number;
  /** Number of the last change that was announced, so that a thread started anew counts on. */
  readonly lastChangeSeq: number;
  readonly inHand: InHand;
};

/** To the thread. */
export type ToStore = { readonly kind: 'request'; readonly request: StoreRequest } | { readonly kind: 'close' };

/** An {@link AirlockError} on its way between threads. */
export type Refusal = {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: ErrorData;
};

/**
 * How one call ended. `full`: there is no room on the disk, and nothing of it happened. `failed`: the store could not write;
 * nothing of it happened, or nobody knows.
 */
export type StoreReply =
  | { readonly kind: 'value'; readonly value: unknown }
  | Refusal
  | { readonly kind: 'bug'; readonly error: Error }
  | { readonly kind: 'full'; readonly error: Error }
  | { readonly kind: 'failed'; readonly error: Error };

/** The answer to one call. */
type StoreAnswer = { readonly id: number; readonly reply: StoreReply };

/** What became final together. Order: changes are announced before the answers are given. */
export type Settled = { readonly changes: readonly StoreChange[]; readonly answers: readonly StoreAnswer[] };

/** From the thread. The first message is `opened` or what prevented it. */
export type FromStore =
  | { readonly kind: 'opened'; readonly recovered: Recovered }
  | Refusal
  | ({ readonly kind: 'settled' } & Settled);

/**
 * Whatever was thrown, as an error.
 *
 * @param thrown - Anything caught.
 */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * An error that a caller may see, ready to cross threads.
 *
 * @param error - To be sent.
 */
export function toRefusal({ code, message, data }: AirlockError): Refusal {
  return { kind: 'refused', code, message, data };
}

/**
 * The error again, on the other side.
 *
 * @param refusal - As received.
 */
export function fromRefusal({ code, message, data }: Refusal): AirlockError {
  return new AirlockError(code, message, { data });
}
