// Answers events/unsubscribe.

import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import type { eventsUnsubscribe } from '../protocol/methods/events-unsubscribe.ts';

/** @throws {AirlockError} not_found when this connection has no such subscription. */
export const handleEventsUnsubscribe: Handler<typeof eventsUnsubscribe, Record<string, never>> = async (
  _deps,
  { subscription },
  { subscriptions },
) => {
  if (subscriptions.close(subscription)) return {};
  throw new AirlockError('not_found', `Cannot end subscription ${subscription}: this connection has none with that id`);
};
