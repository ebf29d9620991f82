// Where events come from, as the server needs it: a stream of changes, and the state that they start from.

import type { EventSource } from '../core/event-bus.ts';
import type { KeyId } from '../core/ids.ts';
import type { EventTopic } from '../protocol/events.ts';

/** One change, announced after its commit. `changeSeq` goes up with each change of this run. */
export type ServerChange = {
  readonly changeSeq: number;
  /** Key whose submission it is about. */
  readonly kid: KeyId;
  readonly topic: EventTopic;
  /** As protocol/events.ts shapes it for the topic. */
  readonly data: unknown;
};

/** The state of the topics at one moment: every change up to `asOfChange` is in, none after it. */
export type EventsSnapshot = {
  readonly asOfChange: number;
  readonly topics: Readonly<Record<string, unknown>>;
};

/** The daemon builds this from the store. */
export type ServerEvents = {
  readonly source: EventSource<ServerChange>;
  /** @param viewer - `kid` null = everything, else this key's own only. */
  readonly snapshot: (viewer: { readonly kid: KeyId | null }, topics: readonly EventTopic[]) => Promise<EventsSnapshot>;
};
