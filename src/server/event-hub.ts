// All changes of all topics in one order, with the last of them kept: one for the whole server, from which every subscription hears.

import { makeEventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/logger.ts';
import { type EventRing, makeEventRing, type ToldChange } from './event-ring.ts';
import type { ServerChange, ServerEvents } from './server-events.ts';

/** See {@link makeEventHub}. Disposal ends it. */
export type EventHub = Disposable &
  Pick<EventRing, 'since' | 'latest'> &
  Pick<ServerEvents, 'snapshot' | 'watch' | 'read'> & {
    readonly listen: (listener: (change: ToldChange) => void) => Disposable;
    /** Position of the newest change; 0 before the first. */
    readonly head: () => number;
  };

/**
 * Make the hub. It begins to count and to keep with its first listener: before that nobody has a cursor.
 *
 * @param deps - Where events come from; a log for listeners that throw.
 * @param options - `maxEvents`: `ipc.eventHistory`.
 */
export function makeEventHub(
  { events, log }: { readonly events: ServerEvents; readonly log: Logger },
  { maxEvents }: { readonly maxEvents: number },
): EventHub {
  const ring = makeEventRing({ maxEvents });
  const bus = makeEventBus<ToldChange>((err) => log.error({ err }, 'a subscription failed to take an event'));
  let head = 0;
  let hearing: Disposable | null = null;

  function tell({ topic, kid, changeSeq, about = '', data }: ServerChange): void {
    head += 1;
    const change = { position: head, topic, kid, changeSeq, about, text: JSON.stringify(data) };
    ring.push(change);
    bus.publish(change);
  }

  return {
    since: ring.since,
    latest: ring.latest,
    snapshot: events.snapshot,
    watch: events.watch,
    read: events.read,
    head: () => head,
    listen: (listener) => {
      hearing ??= events.source.subscribe(tell);
      return bus.subscribe(listener);
    },
    [Symbol.dispose]: () => hearing?.[Symbol.dispose](),
  };
}
