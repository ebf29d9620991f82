// The last events of each topic, for who comes back: bounded by count and by bytes, oldest out first.

import { COALESCING_TOPICS, type EventTopic } from '../protocol/events.ts';
import type { KeyId } from '../core/ids.ts';

/** A change in its place, its data turned to text once for all who hear it. */
export type ToldChange = {
  /** Place in the one order over all topics; goes up by one with each change. */
  readonly position: number;
  readonly topic: EventTopic;
  readonly kid: KeyId | null;
  readonly changeSeq: number | null;
  readonly about: string;
  /** JSON. */
  readonly text: string;
};

/** How far one has heard: every change of a coalescing topic up to `latest`, of any other up to `kept`. */
export type EventPlace = { readonly kept: number; readonly latest: number };

/** See {@link makeEventRing}. */
export type EventRing = {
  readonly push: (change: ToldChange) => void;
  /** What came after a place, in order; null when some of it is not kept any more. */
  readonly since: (topics: readonly EventTopic[], place: EventPlace) => readonly ToldChange[] | null;
  /** What is still kept of one topic after a position, the last one of each subject, in order. */
  readonly latest: (topic: EventTopic, after: number) => readonly ToldChange[];
};

type Shelf = {
  readonly push: (change: ToldChange) => void;
  readonly after: (position: number) => readonly ToldChange[];
} & {
  /** Position of the newest change that is not kept any more; 0 = none. */
  readonly dropped: () => number;
};

/** Bytes that a topic keeps for each event of `ipc.eventHistory`: several times a usual event, a fifteenth of the largest. */
export const RING_BYTES_PER_EVENT = 1024;
/** What a text takes at most in memory, for each of its characters. */
const BYTES_PER_CHAR = 2;

/**
 * Does of this topic only the latest count?
 *
 * @param topic - Any.
 */
export const isCoalescing = (topic: EventTopic): boolean => COALESCING_TOPICS.some((one) => one === topic);
/** Topics with one subject: the last event says all that those before it said. */
const isSingle = (topic: EventTopic): boolean => topic !== 'progress' && isCoalescing(topic);

const sizeOf = ({ text, about }: ToldChange): number => (text.length + about.length) * BYTES_PER_CHAR;

function makeShelf({ maxEvents, maxBytes }: { readonly maxEvents: number; readonly maxBytes: number }): Shelf {
  let events: ToldChange[] = [];
  // Index of the oldest that is kept: taking from the front of a long array each time would move all of it.
  let first = 0;
  let bytes = 0;
  let dropped = 0;

  function drop(): void {
    const oldest = events[first];
    if (oldest === undefined) return;
    bytes -= sizeOf(oldest);
    dropped = oldest.position;
    first += 1;
    if (first * 2 < events.length) return;
    events = events.slice(first);
    first = 0;
  }

  function indexAfter(position: number): number {
    let [low, high] = [first, events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((events[middle]?.position ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    push: (change) => {
      events.push(change);
      bytes += sizeOf(change);
      while (events.length - first > maxEvents || (bytes > maxBytes && events.length > first)) drop();
    },
    after: (position) => events.slice(indexAfter(position)),
    dropped: () => dropped,
  };
}

/**
 * Make the rings of all topics.
 *
 * Of `status` and `config` the last event is kept, whatever its size: it stands for all before it, so that a place in them can always
 * be gone on from. Of every other topic `maxEvents`, and {@link RING_BYTES_PER_EVENT} bytes for each of them altogether.
 *
 * @param maxEvents - `ipc.eventHistory`; 0 keeps nothing.
 */
export function makeEventRing({ maxEvents }: { readonly maxEvents: number }): EventRing {
  const shelves = new Map<EventTopic, Shelf>();

  function shelfOf(topic: EventTopic): Shelf {
    const known = shelves.get(topic);
    if (known !== undefined) return known;
    const limits = isSingle(topic)
      ? { maxEvents: Math.min(maxEvents, 1), maxBytes: Infinity }
      : { maxEvents, maxBytes: maxEvents * RING_BYTES_PER_EVENT };
    const made = makeShelf(limits);
    shelves.set(topic, made);
    return made;
  }

  /** Is nothing missing after a position? */
  function reaches(topic: EventTopic, position: number): boolean {
    return shelfOf(topic).dropped() <= position || (isSingle(topic) && maxEvents > 0);
  }

  return {
    push: (change) => shelfOf(change.topic).push(change),
    since: (topics, { kept, latest }) => {
      const parts = topics.map((topic) => ({ topic, after: isCoalescing(topic) ? latest : kept }));
      if (!parts.every(({ topic, after }) => reaches(topic, after))) return null;
      return parts
        .flatMap(({ topic, after }) => shelfOf(topic).after(after))
        .toSorted((one, other) => one.position - other.position);
    },
    latest: (topic, after) => {
      const found = shelfOf(topic).after(after);
      const last = new Map(found.map((change) => [change.about, change]));
      return found.filter((change) => last.get(change.about) === change);
    },
  };
}
