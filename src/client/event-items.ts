// The items of one subscription, whichever connections they come by: counted, checked, and kept until they are taken.

import { AirlockError } from '../core/errors.ts';
import { EVENT_DATA, type EventNotification, type EventTopic } from '../protocol/events.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { eventsSubscribe } from '../protocol/methods/events-subscribe.ts';
import { type EventQueue, makeEventQueue } from './event-queue.ts';
import type { EventSink } from './events.ts';

/** What each topic tells. */
export type EventData = { readonly [Topic in EventTopic]: ReturnType<(typeof EVENT_DATA)[Topic]['parse']> };

/** State by topic, as the daemon told it: what a console draws before the first change. */
export type EventSnapshot = Readonly<Record<string, unknown>>;

/** One change of one topic. `cursor` is the daemon's own mark of it. */
export type ChangeEvent<Topic extends EventTopic = EventTopic> = {
  readonly [T in Topic]: {
    readonly topic: T;
    readonly seq: number;
    readonly cursor: string;
    readonly data: EventData[T];
  };
}[Topic];

/**
 * One item of a subscription. `seq` counts from 1 and goes up by one, also over reconnects.
 *
 * A change of one of the topics, or one of two that say what is not told:
 * `lagged`: this side did not read fast enough, and the changes `from` … `seq` were left out; ask for the state anew.
 * `snapshot`: there was no connection, and the changes meanwhile are not known: here is the state of now. `restarted`: another daemon
 * runs since; `too_old`: there were more changes than it keeps.
 */
export type AirlockEvent<Topic extends EventTopic = EventTopic> =
  | ChangeEvent<Topic>
  | { readonly topic: 'lagged'; readonly seq: number; readonly from: number }
  | {
      readonly topic: 'snapshot';
      readonly seq: number;
      readonly reason: 'restarted' | 'too_old';
      readonly snapshot: EventSnapshot;
    };

/** Answer of `events/subscribe`. */
export type OpenedEvents = ResultOf<typeof eventsSubscribe>;

/** The newest event that came: where to go on. */
export type EventPosition = { readonly bootId: string; readonly cursor: string };

/** Items of one subscription. */
export type EventItems<Topic extends EventTopic> = {
  readonly queue: EventQueue<AirlockEvent<Topic>>;
  /** Takes what a connection brings. */
  readonly sink: EventSink;
  readonly position: () => EventPosition;
  /** The first answer. */
  readonly begin: (opened: OpenedEvents) => void;
  /** A later answer; one that could not resume becomes an item. */
  readonly goOn: (opened: OpenedEvents) => void;
};

function unreadable(topic: EventTopic, cause: unknown): AirlockError {
  return new AirlockError('internal', `Cannot read event of ${topic}: it does not fit the schema`, { cause });
}

/**
 * Make them, without any.
 *
 * @param onFailed - No item is taken in any more: one could not be read, or too many were not taken. Once.
 */
export function makeEventItems<Topic extends EventTopic>(onFailed: () => void): EventItems<Topic> {
  const queue = makeEventQueue<AirlockEvent<Topic>>(onFailed);
  let seq = 0;
  let position: EventPosition = { bootId: '', cursor: '' };

  function pushChange({ topic, cursor, data }: EventNotification): void {
    const parsed = EVENT_DATA[topic].safeParse(data);
    if (!parsed.success) return queue.fail(unreadable(topic, parsed.error));
    seq += 1;
    position = { ...position, cursor };
    // The server was asked for these topics, and the data fits the topic's schema.
    queue.push({ topic, seq, cursor, data: parsed.data } as AirlockEvent<Topic>);
  }

  return {
    queue,
    position: () => position,
    sink: {
      event: pushChange,
      lagged: ({ from, to }) => {
        const first = seq + 1;
        seq += to - from + 1;
        queue.push({ topic: 'lagged', from: first, seq });
      },
    },
    begin: ({ bootId, cursor }) => {
      position = { bootId, cursor };
    },
    goOn: ({ bootId, cursor, resumed, snapshot = {} }) => {
      const reason = bootId === position.bootId ? 'too_old' : 'restarted';
      position = { bootId, cursor: resumed ? position.cursor : cursor };
      if (!resumed) queue.push({ topic: 'snapshot', seq: (seq += 1), reason, snapshot });
    },
  };
}
