// Store changes as the events that subscribers see. Source: protocol.md 9.

import { assertNever } from '../core/assert-never.ts';
import type { EventTopic, ReportEvent, SubmissionEvent } from '../protocol/events.ts';
import type { ServerChange, ServerEvents } from '../server/server-events.ts';
import type { Store, StoreChange, StoreSnapshot } from '../store/types.ts';

function toChange(change: StoreChange): ServerChange {
  const { changeSeq, kid, submissionId } = change;
  switch (change.kind) {
    case 'submission': {
      const data: SubmissionEvent = {
        submissionId,
        state: change.state,
        name: change.name,
        ...(change.converter === null ? {} : { converter: change.converter }),
        ...(change.reason === null ? {} : { reason: change.reason }),
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
        ...(change.reason === null ? {} : { reason: change.reason }),
      };
      return { changeSeq, kid, topic: 'report', data };
    }
    default:
      return assertNever(change);
  }
}

function topicState(snapshot: StoreSnapshot, topic: EventTopic): unknown {
  switch (topic) {
    case 'submission':
      return snapshot.submissions;
    case 'report':
      return snapshot.deliveries;
    default:
      return assertNever(topic);
  }
}

/**
 * The store's announcements, shaped for the wire.
 *
 * @param store - The open store.
 */
export function makeServerEvents(store: Pick<Store, 'changes' | 'snapshot'>): ServerEvents {
  return {
    source: { subscribe: (listener) => store.changes.subscribe((change) => listener(toChange(change))) },
    snapshot: async (viewer, topics) => {
      const snapshot = await store.snapshot(viewer);
      return {
        asOfChange: snapshot.asOfChange,
        topics: Object.fromEntries(topics.map((topic) => [topic, topicState(snapshot, topic)])),
      };
    },
  };
}
