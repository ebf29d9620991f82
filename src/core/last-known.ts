// What a part said last, for as long as it does not answer: the status must be able to say that it does not.

import { AirlockError } from './errors.ts';

/** An answer, and whether it is of now. */
export type LastKnown<T> = { readonly value: T; readonly isFresh: boolean };

/**
 * Remember the last answer of a part and give it again while the part is `unavailable`.
 *
 * @param ask - Asks the part.
 * @param first - Given as long as it never answered; left out, that is an error.
 * @returns Asks; rejects as `ask` does when there is nothing to give, and for any other error.
 */
export function withLastKnown<T>(ask: () => Promise<T>, first?: T): () => Promise<LastKnown<T>> {
  let last: { readonly value: T } | null = first === undefined ? null : { value: first };
  return async () => {
    try {
      last = { value: await ask() };
      return { ...last, isFresh: true };
    } catch (error) {
      if (last === null || !(error instanceof AirlockError) || error.code !== 'unavailable') throw error;
      return { ...last, isFresh: false };
    }
  };
}
