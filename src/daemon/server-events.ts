// What the rooms announce as the events that subscribers see. Source: protocol.md 9.

import type { Registry } from '../conversion/registry.ts';
import { assertNever } from '../core/assert-never.ts';
import type { EventSource } from '../core/event-bus.ts';
import type { KeyId } from '../core/ids.ts';
import { toConverter } from '../handlers/converter-rows.ts';
import type { ConfigEvent, ProgressEvent, ReportEvent, StatusEvent, SubmissionEvent } from '../protocol/events.ts';
import type { HeldTopic, ServerChange, ServerEvents, Watch } from '../server/server-events.ts';
import type { Store, StoreChange } from '../store/types.ts';
import type { StatusWatch } from './status-watch.ts';

/** Of a reason in an event: a converter's words may have a MiB, and an event has to go into one frame. */
const MAX_REASON_CHARS = 2048;

const toReason = (reason: string | null): { readonly reason?: string } =>
  reason === null ? {} : { reason: reason.slice(0, MAX_REASON_CHARS).toWellFormed() };

function toChange(change: StoreChange): ServerChange {
  const { changeSeq, kid, submissionId } = change;
  switch (change.kind) {
    case 'submission': {
      const data: SubmissionEvent = {
        submissionId,
        state: change.state,
        name: change.name,
        ...(change.converter === null ? {} : { converter: change.converter }),
        ...toReason(change.reason),
      };
      return { changeSeq, kid, topic: 'submission', data };
    }
    case 'report': {
      const { reportId, state, destination } = change;
      const data: ReportEvent = {
        reportId,
        submissionId,
        state,
        destination,
        ...toReason(change.reason),
      };
      return { changeSeq, kid, topic: 'report', data };
    }
    default:
      return assertNever(change);
  }
}

function toStatusChange(data: StatusEvent): ServerChange {
  return { topic: 'status', kid: null, changeSeq: null, data };
}

function toProgressChange({ kid, data }: ToldProgress): ServerChange {
  return { topic: 'progress', kid, changeSeq: null, about: data.submissionId, data };
}

/** How far a conversion is, and whose it is. */
export type ToldProgress = { readonly kid: KeyId; readonly data: ProgressEvent };

/** Where events come from. */
export type EventSources = {
  readonly store: Pick<Store, 'changes' | 'snapshot'>;
  readonly status: StatusWatch;
  readonly progress: EventSource<ToldProgress>;
  readonly registry: Pick<Registry, 'list'>;
  /** The configuration that this daemon runs on. */
  readonly config: () => ConfigEvent;
};

const NOTHING_TO_WATCH: Watch = { refresh: () => Promise.resolve(), [Symbol.dispose]: () => undefined };

/** Pass on what all of them say. */
function listen({ store, status, progress }: EventSources, listener: (change: ServerChange) => void): Disposable {
  const stack = new DisposableStack();
  stack.use(store.changes.subscribe((change) => listener(toChange(change))));
  stack.use(status.changes.subscribe((changed) => listener(toStatusChange(changed))));
  stack.use(progress.subscribe((told) => listener(toProgressChange(told))));
  return stack;
}

function readState({ status, registry, config }: EventSources, topic: HeldTopic): unknown {
  switch (topic) {
    case 'status':
      return status.read();
    case 'progress':
      return {};
    case 'converter':
      return { items: registry.list().map(toConverter) };
    case 'config': {
      const { etag, state, findings } = config();
      return { etag, state, findings };
    }
    default:
      return assertNever(topic);
  }
}

/**
 * The announcements of all rooms, shaped for the wire. Converters and configuration are read at start only: they have a state, and no
 * changes yet.
 *
 * @param sources - See {@link EventSources}.
 */
export function makeServerEvents(sources: EventSources): ServerEvents {
  const { store, status } = sources;
  return {
    source: { subscribe: (listener) => listen(sources, listener) },
    snapshot: async (viewer, topics) => {
      const { asOfChange, submissions, deliveries } = await store.snapshot(viewer);
      const counts = { submission: submissions, report: deliveries };
      return { asOfChange, topics: Object.fromEntries(topics.map((topic) => [topic, counts[topic]])) };
    },
    watch: (topics) => (topics.includes('status') ? status.watch() : NOTHING_TO_WATCH),
    read: (topic) => readState(sources, topic),
  };
}
