// Looks at a state now, and again after changes: once for however many came meanwhile, so that a busy daemon is not asked for each.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AirlockEvent } from '../client/event-items.ts';

/** What to look at, and when. */
export type Looking = {
  /** Is this change worth another look? */
  readonly notice: (event: AirlockEvent) => boolean;
  /** @returns true once there is nothing more to wait for. */
  readonly look: () => Promise<boolean>;
};

/**
 * Look until there is nothing more to wait for.
 *
 * @param events - Opened before this is called, so that no change is missed; the caller disposes of them.
 * @param looking - See {@link Looking}.
 * @returns false when the events ended first.
 * @throws what `look` throws, and what the events end with.
 */
export async function lookOnChange(events: AsyncIterable<AirlockEvent>, { notice, look }: Looking): Promise<boolean> {
  const iterator = events[Symbol.asyncIterator]();
  const seen: { isDirty: boolean; hasEnded: boolean; failure: { readonly error: unknown } | null } = {
    isDirty: true,
    hasEnded: false,
    failure: null,
  };
  let bell = Promise.withResolvers<void>();
  const ring = (): void => {
    bell.resolve();
    bell = Promise.withResolvers();
  };

  async function watch(): Promise<void> {
    try {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        if (notice(next.value)) seen.isDirty = true;
        if (seen.isDirty) ring();
      }
    } catch (error) {
      seen.failure = { error };
    }
    seen.hasEnded = true;
    ring();
  }

  // It never rejects, and ends when the caller disposes of what the events come from.
  void watch();
  for (;;) {
    if (seen.failure !== null) throw seen.failure.error;
    if (seen.isDirty) {
      seen.isDirty = false;
      if (await look()) return true;
      continue;
    }
    if (seen.hasEnded) return false;
    await bell.promise;
    // Order: what came together is noticed together, before the next look.
    await nextTurn();
  }
}
