// Store → destinations: one loop per enabled destination, started together and drained together.

import type { DestinationConfig } from '../config/schema/destinations.ts';
import type { Store } from '../store/types.ts';
import { startDestinationLoop } from './destination-loop.ts';
import { toPolicyState } from './destination-record.ts';
import { type MakeSendDeps, openDestination } from './make-send.ts';

/** What {@link startDelivery} needs. `random` spreads the waits, [0, 1). */
export type DeliveryDeps = MakeSendDeps & {
  readonly store: Pick<
    Store,
    'claimDelivery' | 'endDelivery' | 'destinations' | 'setDestination' | 'releaseHeld' | 'holdRemoved' | 'changes'
  >;
  readonly random: () => number;
};

/** The running uploader. Disposing it drains with no time at all: running uploads are given back. */
export type Delivery = AsyncDisposable & {
  /**
   * Claim nothing more and let running uploads finish; those that still run when `signal` aborts are given back as ready,
   * uncharged. Resolves when none is left; may be called again with a shorter signal.
   */
  readonly drain: (options: { readonly signal: AbortSignal }) => Promise<void>;
  /** Try one destination at once, or every one (null): hold, backoff and Retry-After are over. Resolves when written. */
  readonly lift: (destination: string | null) => Promise<void>;
};

/**
 * Start delivering.
 *
 * Deliveries of destinations that are gone from the configuration become held; those of a destination that is back become
 * ready (`holdRemoved`). A destination with `enabled: false` waits: nothing is claimed for it.
 *
 * @param deps - The store's deliveries, clock, random, and what destinations need.
 * @param destinations - By name.
 * @throws {AirlockError} unavailable when the store cannot be read.
 */
export async function startDelivery(
  deps: DeliveryDeps,
  destinations: Readonly<Record<string, DestinationConfig>>,
): Promise<Delivery> {
  const { store, clock } = deps;
  using opening = new DisposableStack();
  await store.holdRemoved(Object.keys(destinations));
  const known = await store.destinations();
  const now = { nowMs: clock.monotonicMs(), nowUnixMs: clock.nowUnixMs() };

  const inputs = [];
  for (const [name, config] of Object.entries(destinations)) {
    if (!config.enabled) continue;
    const row = known.find((state) => state.name === name);
    const initial = toPolicyState(row, config.retry, now);
    const { send } = opening.use(openDestination(deps, name, config));
    inputs.push({ name, send, retry: config.retry, concurrent: config.concurrent, initial });
  }
  const opened = opening.move();
  const loops = inputs.map((input) => ({ name: input.name, ...startDestinationLoop(deps, input) }));

  const drain: Delivery['drain'] = async (options) => {
    await Promise.all(loops.map((loop) => loop.drain(options)));
  };
  return {
    drain,
    lift: async (destination) => {
      const meant = loops.filter(({ name }) => destination === null || name === destination);
      await Promise.all(meant.map((loop) => loop.lift()));
    },
    [Symbol.asyncDispose]: async () => {
      await drain({ signal: AbortSignal.abort(new Error('Cannot finish uploads: the uploader is closed')) });
      opened.dispose();
    },
  };
}
