// Answers queue/pause, queue/resume, destination/hold and destination/release: one truth about what a person stopped.

import { AirlockError } from '../core/errors.ts';
import type { Delivery } from '../delivery/uploader.ts';
import type { CallContext, Handler } from '../protocol/handler.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { destinationHold } from '../protocol/methods/destination-hold.ts';
import type { destinationRelease } from '../protocol/methods/destination-release.ts';
import type { queuePause } from '../protocol/methods/queue-pause.ts';
import type { queueResume } from '../protocol/methods/queue-resume.ts';
import type { QueueStore } from '../store/queue-types.ts';
import { inBatches } from './in-batches.ts';
import { toPaused } from './paused.ts';
import type { StatusSources } from './status-get.ts';

type Result = ResultOf<typeof queuePause>;

type PauseDeps = {
  readonly store: Pick<QueueStore, 'pause' | 'resume' | 'pauses'>;
  readonly sources: Pick<StatusSources, 'destinations'>;
};
type ResumeDeps = PauseDeps & {
  readonly store: Pick<QueueStore, 'retryDeliveries'>;
  readonly delivery: Pick<Delivery, 'lift'>;
};

/**
 * Refuse a destination that is not configured.
 *
 * @param method - For the message.
 * @throws {AirlockError} not_found.
 */
export async function assertConfigured(
  { sources }: Pick<PauseDeps, 'sources'>,
  destination: string | null,
  { method }: { readonly method: string },
): Promise<void> {
  if (destination === null) return;
  const configured = await sources.destinations();
  if (configured.some(({ name }) => name === destination)) return;
  throw new AirlockError('not_found', `Cannot run ${method}: there is no destination ${destination}`);
}

async function pause({ store }: PauseDeps, destination: string | null): Promise<Result> {
  const changed = await store.pause(destination);
  return { changed, paused: toPaused(await store.pauses()) };
}

/** One that was taken out of the configuration while it was held can still be released. */
async function assertKnown(
  deps: PauseDeps,
  destination: string | null,
  options: { readonly method: string },
): Promise<void> {
  const pauses = destination === null ? [] : await deps.store.pauses();
  if (pauses.some((pause) => pause.destination === destination)) return;
  await assertConfigured(deps, destination, options);
}

async function resume(
  { store, delivery }: ResumeDeps,
  destination: string | null,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<Result> {
  const changed = await store.resume(destination);
  // Order: what is claimed at once must find the pause gone.
  await delivery.lift(destination);
  // What waits for its own time is tried at once as well.
  const deferred = { kind: 'filter', state: 'deferred', destination } as const;
  await inBatches((after) => store.retryDeliveries({ ...deferred, after }, { isDryRun: false }), { signal });
  return { changed, paused: toPaused(await store.pauses()) };
}

/** @throws {AirlockError} not_found for a destination that is not configured. */
export const handleQueuePause: Handler<typeof queuePause, PauseDeps> = async (deps, params, { decide, log }) => {
  const { destination = null } = params;
  await assertConfigured(deps, destination, { method: 'queue/pause' });
  decide();
  log.info({ destination }, 'uploads are paused');
  return pause(deps, destination);
};

/** @throws {AirlockError} not_found for a destination that is not configured. */
export const handleQueueResume: Handler<typeof queueResume, ResumeDeps> = async (deps, params, context) => {
  const { destination = null } = params;
  await assertKnown(deps, destination, { method: 'queue/resume' });
  context.decide();
  context.log.info({ destination }, 'uploads go on');
  return resume(deps, destination, context);
};

/** @throws {AirlockError} not_found for a destination that is not configured. */
export const handleDestinationHold: Handler<typeof destinationHold, PauseDeps> = async (
  deps,
  { name },
  { decide, log },
) => {
  await assertConfigured(deps, name, { method: 'destination/hold' });
  decide();
  log.info({ destination: name }, 'uploads are paused');
  return pause(deps, name);
};

/** @throws {AirlockError} not_found for a destination that is not configured. */
export const handleDestinationRelease: Handler<typeof destinationRelease, ResumeDeps> = async (
  deps,
  { name },
  context,
) => {
  await assertKnown(deps, name, { method: 'destination/release' });
  context.decide();
  context.log.info({ destination: name }, 'uploads go on');
  return resume(deps, name, context);
};
