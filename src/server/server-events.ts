// Where events come from, as the server needs it: a stream of changes, and the state that they start from.

import type { EventSource } from '../core/event-bus.ts';
import type { KeyId } from '../core/ids.ts';
import type { EventTopic } from '../protocol/events.ts';

/** One change, announced after its commit. */
export type ServerChange = {
  readonly topic: EventTopic;
  /** Key whose submission it is about; null = about none, heard by keys with `read` only. */
  readonly kid: KeyId | null;
  /** Place among the changes of the store, going up within one run; null when the store does not count it. */
  readonly changeSeq: number | null;
  /** What it is the latest of within its topic, e.g. the submission of a `progress`. */
  readonly about?: string;
  /** As protocol/events.ts shapes it for the topic. */
  readonly data: unknown;
};

/** Topics whose state the store counts. */
const COUNTED_TOPICS = ['submission', 'report'] as const satisfies readonly EventTopic[];
/** One of them. */
export type CountedTopic = (typeof COUNTED_TOPICS)[number];
/** A topic whose state is held in this process. */
export type HeldTopic = Exclude<EventTopic, CountedTopic>;

/**
 * Does the store count this topic?
 *
 * @param topic - Any.
 */
export const isCounted = (topic: EventTopic): topic is CountedTopic => COUNTED_TOPICS.some((one) => one === topic);
/** The opposite of {@link isCounted}. */
export const isHeld = (topic: EventTopic): topic is HeldTopic => !isCounted(topic);

/** The state of counted topics at one moment: every change up to `asOfChange` is in, none after it. */
export type EventsSnapshot = {
  readonly asOfChange: number;
  readonly topics: Readonly<Record<string, unknown>>;
};

/** Somebody listens to some topics. Disposal: not any more. */
export type Watch = Disposable & {
  /** Resolves when the states that can be read are those of now. Rejects as the source of a topic does. */
  readonly refresh: () => Promise<void>;
};

/** The daemon builds this from the store and the other rooms. */
export type ServerEvents = {
  readonly source: EventSource<ServerChange>;
  /** @param viewer - `kid` null = everything, else this key's own only. */
  readonly snapshot: (
    viewer: { readonly kid: KeyId | null },
    topics: readonly CountedTopic[],
  ) => Promise<EventsSnapshot>;
  /** Begin to listen: what costs something to find out is only looked for while somebody does. */
  readonly watch: (topics: readonly EventTopic[]) => Watch;
  /** The state that all changes announced so far have led to. Call it while the topic is watched, after a refresh. */
  readonly read: (topic: HeldTopic) => unknown;
};
