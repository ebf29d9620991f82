// Answers events/subscribe.

import type { Handler } from '../protocol/handler.ts';
import type { eventsSubscribe } from '../protocol/methods/events-subscribe.ts';

/** State first, then changes. @throws {AirlockError} too_many_in_flight when the connection holds its limit. */
export const handleEventsSubscribe: Handler<typeof eventsSubscribe, Record<string, never>> = async (
  _deps,
  { topics },
  { subscriptions },
) => {
  const { snapshot, ...opened } = await subscriptions.open([...new Set(topics)]);
  return snapshot === undefined ? opened : { ...opened, snapshot: { ...snapshot } };
};
