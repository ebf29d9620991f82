// Answers events/subscribe.

import type { Handler } from '../protocol/handler.ts';
import type { eventsSubscribe } from '../protocol/methods/events-subscribe.ts';

/**
 * State, or what was missed, first; then changes.
 *
 * @throws {AirlockError} forbidden, invalid_params, too_many_in_flight, too_large, unavailable: see the method.
 */
export const handleEventsSubscribe: Handler<typeof eventsSubscribe, Record<string, never>> = async (
  _deps,
  { topics, since, minIntervalMs },
  { subscriptions },
) => {
  const { snapshot, ...opened } = await subscriptions.open([...new Set(topics)], { since, minIntervalMs });
  return snapshot === undefined ? opened : { ...opened, snapshot: { ...snapshot } };
};
