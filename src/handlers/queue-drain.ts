// Answers queue/drain: waits for changes and looks again, never on a timer alone.

import { AirlockError } from '../core/errors.ts';
import type { Clock } from '../core/clock.ts';
import { makeWaker } from '../core/waker.ts';
import type { CallContext, Handler } from '../protocol/handler.ts';
import type { queueDrain } from '../protocol/methods/queue-drain.ts';
import type { OpenWork, QueueStore } from '../store/queue-types.ts';
import type { Store } from '../store/types.ts';
import { assertConfigured } from './queue-pause.ts';
import type { StatusSources } from './status-get.ts';

type DrainDeps = {
  readonly store: Pick<QueueStore, 'openWork' | 'pauses'> & Pick<Store, 'changes'>;
  readonly sources: Pick<StatusSources, 'destinations'>;
  readonly clock: Pick<Clock, 'after'>;
};

/** Least time between two looks: changes come by the hundred. */
const LOOK_EVERY_MS = 100;

async function assertNotPaused({ store }: DrainDeps, destination: string | null): Promise<void> {
  const pauses = await store.pauses();
  const isPaused = pauses.some((pause) => pause.destination === null || pause.destination === destination);
  if (!isPaused) return;
  const what = destination ?? 'queue';
  throw new AirlockError('request_failed', `Cannot drain ${what}: uploads are paused by a person`, {
    data: { reason: 'paused' },
  });
}

/** Destinations that take reports, or will by themselves. */
async function listServed({ sources }: DrainDeps): Promise<readonly string[]> {
  const destinations = await sources.destinations();
  return destinations.filter(({ state }) => state === 'up' || state === 'waiting').map(({ name }) => name);
}

const sizeOf = ({ moving }: OpenWork): number => moving.submissions + moving.deliveries;

/** Tells how much of what there ever was is done; more may come in meanwhile. */
function makeTeller({ progress }: Pick<CallContext, 'progress'>): (work: OpenWork) => void {
  let most = 0;
  return (work) => {
    const { submissions, deliveries } = work.moving;
    most = Math.max(most, sizeOf(work));
    const percentage = most === 0 ? 100 : Math.floor(((most - sizeOf(work)) * 100) / most);
    progress({ message: `${submissions} files to convert, ${deliveries} reports to deliver`, percentage });
  };
}

/**
 * Wait until nothing goes on by itself any more.
 *
 * @throws {AirlockError} not_found for a destination that is not configured; request_failed (reason `paused`), also when it is paused
 * while this waits.
 * Rejects with the call's abort reason.
 */
export const handleQueueDrain: Handler<typeof queueDrain, DrainDeps> = async (deps, params, context) => {
  const { store, clock } = deps;
  const { destination = null } = params;
  const { signal } = context;
  await assertConfigured(deps, destination, { method: 'queue/drain' });
  const tell = makeTeller(context);
  const waker = makeWaker(clock);
  const rest = makeWaker(clock);
  // Order: before the first look, so that no change is missed.
  using _subscription = store.changes.subscribe(waker.wake);
  for (;;) {
    const ticket = waker.ticket();
    await assertNotPaused(deps, destination);
    const work = await store.openWork({ destination, served: await listServed(deps) });
    tell(work);
    if (sizeOf(work) === 0) {
      const { submissions, deliveries } = work.left;
      return { left: { submissions: { ...submissions }, deliveries: { ...deliveries } } };
    }
    await rest.wait(rest.ticket(), LOOK_EVERY_MS, { signal });
    // A pause is no change of a report: it is looked for now and then.
    await waker.wait(ticket, 10 * LOOK_EVERY_MS, { signal });
  }
};
